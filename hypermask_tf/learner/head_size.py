"""A head of fewer outputs than the target's, for a task with fewer classes."""

from typing import Any

import keras
import numpy as np

from hypermask_tf import checks
from hypermask_tf.compaction import fewer_outputs
from hypermask_tf.normalization.normalization_bank import ABSENT
from hypermask_tf.surgery import bake
from hypermask_tf.surgery.compare import run_on_sample
from hypermask_tf.surgery.network import Network
from hypermask_tf.tasks import LearnerState
from hypermask_tf.units.flat_graph import FlatGraph
from hypermask_tf.units.keras_graph import is_graph

# Stock losses that an absent output adds nothing to.
_OF_CLASSES = (
    "SparseCategoricalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "sparse_categorical_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
)


def smaller_head(model: Any, num_classes: int) -> int | None:
    """`num_classes` if the next task can have so many of more outputs, else None."""
    try:
        check_num_classes(model.state, num_classes)
        check_loss(model.loss)
        try_head(model.state, model.num_learned_tasks, num_classes)
    except ValueError:
        return None
    return num_classes if num_classes < model.state.bank.head_width else None


def check_num_classes(state: LearnerState, num_classes: int) -> None:
    """Raises a ValueError if no head of a task can have so many outputs."""
    checks.check_positive("num_classes", num_classes)
    width = state.bank.head_width
    if width is None or not is_graph(state.target):
        raise ValueError(
            "Tasks have different numbers of classes where each has a head of its own: "
            '`head="per_task"`, and a Functional or Sequential target whose last layer '
            f"has a bias. Received: num_classes={num_classes}"
        )
    if num_classes > width:
        raise ValueError(
            f"The target's last layer has {width} outputs, and a task cannot have "
            "more: build it for the task with most classes. "
            f"Received: num_classes={num_classes}"
        )


def check_loss(loss: Any) -> None:
    """Raises a ValueError if absent outputs would count in a stock loss."""
    for part in keras.tree.flatten(loss):
        if part is None or (isinstance(part, str) and part in ("crossentropy", "ce")):
            continue
        part = keras.losses.get(part) if isinstance(part, str) else part
        own = not str(getattr(part, "__module__", "")).startswith("keras.")
        name = getattr(part, "__name__", type(part).__name__)
        config = part.get_config() if isinstance(part, keras.losses.Loss) else {}
        if not own and (name not in _OF_CLASSES or config.get("label_smoothing")):
            raise ValueError(
                "Outputs that a task does not have would count in this loss. Tasks of "
                "fewer classes need a cross-entropy over classes, sparse or "
                "categorical, without label smoothing, or a loss of your own. "
                f"Received: loss={name}"
            )


def try_head(state: LearnerState, task: int, num_classes: int) -> None:
    """Gives a task that is yet to begin a head of so many outputs, and takes it back.

    Raises:
        ValueError: If the target cannot do without the others: what follows its last
            layer needs them all, or makes something else of them than nothing.
    """
    if num_classes == state.bank.head_width or task >= state.num_tasks:
        return
    state.bank.set_num_outputs(task, num_classes)
    try:
        whole = bake.bake(state, task)
        variable = whole.trainable_variables[state.bank.head_indices[0]]
        _check_end(whole, variable)
        fewer_outputs(whole, variable, num_classes)
        _, outputs = run_on_sample(Network(whole))
        if outputs is not None and not _says_nothing(outputs[0][..., num_classes:]):
            raise ValueError("an output that is absent would say something.")
    except ValueError as error:
        raise ValueError(
            "A task of this target cannot have fewer classes than its last layer has "
            f"outputs: {error} Received: num_classes={num_classes}"
        ) from error
    finally:
        state.bank.set_num_outputs(task, 0)


def _check_end(model: keras.Model, variable: Any) -> None:
    """Refuses what would take absent outputs for numbers, in training at the latest."""
    layers = [step.operation for step in FlatGraph(model).steps]
    weights = [getattr(layer, "weights", ()) for layer in layers]
    last = next(
        i for i, own in enumerate(weights) if any(one is variable for one in own)
    )
    if getattr(layers[last], "activity_regularizer", None) is not None:
        raise ValueError("its `activity_regularizer` would count absent outputs.")
    for layer, own in zip(layers[last + 1 :], weights[last + 1 :], strict=True):
        if own:
            raise ValueError(f"layer {layer.name!r} behind it has weights of its own.")


def _says_nothing(outputs: np.ndarray) -> bool:
    """Whether these are logits far below all others, or probabilities of zero."""
    return bool((outputs <= ABSENT / 2).all() or (outputs == 0).all())
