"""What kind of target a loss is made for."""

from typing import Any

import keras
import numpy as np

_L = keras.losses
# Losses, and functions of the same name, by what their targets are.
_CLASS_NUMBERS = (_L.SparseCategoricalCrossentropy,)
_ONE_HOT = (
    _L.CategoricalCrossentropy,
    _L.CategoricalFocalCrossentropy,
    _L.CategoricalHinge,
    _L.KLDivergence,
)
_YES_OR_NO = (
    _L.BinaryCrossentropy,
    _L.BinaryFocalCrossentropy,
    _L.Dice,
    _L.Tversky,
    _L.Hinge,
    _L.SquaredHinge,
)
_NUMBERS = (
    _L.MeanSquaredError,
    _L.MeanAbsoluteError,
    _L.MeanSquaredLogarithmicError,
    _L.MeanAbsolutePercentageError,
    _L.Huber,
    _L.LogCosh,
    _L.Poisson,
)
CLASS_NUMBERS, ONE_HOT, YES_OR_NO, NUMBERS, OTHER = (
    "class numbers",
    "one-hot",
    "yes or no",
    "numbers",
    "other",
)
_KINDS = {
    CLASS_NUMBERS: _CLASS_NUMBERS,
    ONE_HOT: _ONE_HOT,
    YES_OR_NO: _YES_OR_NO,
    NUMBERS: _NUMBERS,
}
DECISIONS = (CLASS_NUMBERS, ONE_HOT, YES_OR_NO)
# Names to which Keras gives a meaning by the shapes of targets and outputs.
BY_SHAPE = ("crossentropy", "ce", "accuracy", "acc")


def kind_of(loss: Any, y: np.ndarray, outputs: np.ndarray) -> str:
    """Returns what the targets of a loss are.

    Args:
        loss: a loss of Keras, its name or function, or `"accuracy"`.
        y: targets.
        outputs: what the network says.

    Example:

    >>> kind_of("mse", np.zeros(3), np.zeros((3, 1)))
    'numbers'
    """
    if isinstance(loss, str) and loss.lower() in BY_SHAPE:
        if outputs.shape[-1] == 1:
            return YES_OR_NO
        return ONE_HOT if y.shape == outputs.shape else CLASS_NUMBERS
    loss = _L.get(loss)
    for kind, classes in _KINDS.items():
        functions = [_L.get(_snake(one.__name__)) for one in classes]
        if isinstance(loss, classes) or loss in functions:
            return kind
    return OTHER


def decides(loss: Any, y: np.ndarray, outputs: np.ndarray) -> bool:
    """Whether outputs of a loss are classes, or yes and no."""
    return loss is not None and kind_of(loss, y, outputs) in DECISIONS


def thresholds(loss: Any) -> tuple[float, float]:
    """Above which an output says yes, and above which a target does."""
    if isinstance(loss, str) and loss.lower() in BY_SHAPE:
        return 0.5, 0.5
    loss = _L.get(loss)
    name = getattr(loss, "__name__", type(loss).__name__)
    if "hinge" in name.lower():  # targets are -1 and 1, or 0 and 1
        return 0.0, 0.0
    config = loss.get_config() if isinstance(loss, _L.Loss) else {}
    return (0.0 if config.get("from_logits") else 0.5), 0.5


def _snake(name: str) -> str:
    text = "".join(f"_{c.lower()}" if c.isupper() else c for c in name)
    return {"_k_l_divergence": "kl_divergence"}.get(text, text.lstrip("_"))
