"""Checks of what users hand to a learner, with messages that help."""

import warnings
from typing import Any

import keras
import numpy as np

from hypermask_tf.masks.roles import Roles

# Functions that take probabilities unless told otherwise.
_OF_PROBABILITIES = (
    keras.losses.sparse_categorical_crossentropy,
    keras.losses.categorical_crossentropy,
)


def check_target(target: Any) -> None:
    """Raises a ValueError if `target` is not a built Keras model."""
    if not isinstance(target, keras.Model) or not target.built:
        raise ValueError(
            "`target` must be a built keras.Model: give it an Input, or call it "
            f"once on data. Received: {type(target).__name__}"
            f"{'' if getattr(target, 'built', False) else ', not built'}"
        )


def check_compiled(model: keras.Model) -> None:
    """Raises a ValueError if `model` has nothing to learn with."""
    if not model.compiled:
        raise ValueError("Call `compile()` before `fit()`: no optimizer is set.")


def check_one_output(target: keras.Model) -> None:
    """Raises a ValueError if `target` has several outputs, so no one last layer."""
    outputs = len(getattr(target, "outputs", None) or [None])
    if outputs > 1:
        raise ValueError(
            '`head="per_task"` needs a target with one output, made by its last layer: '
            f'use `head="shared"`. Received: a target with {outputs} outputs'
        )


def as_plain(values: Any) -> Any:
    """A number, or a list of numbers, that can be saved."""
    return np.asarray(values, "float64").tolist()


def check_nothing_shared(roles: Roles, normalization: str) -> None:
    """Raises a ValueError if tasks share what hard protection cannot hold."""
    if normalization != "per_task" and (any(roles.normalization + roles.statistics)):
        raise ValueError(
            '`protection="hard"` promises that no earlier task changes, so every '
            "task needs normalisation of its own: use "
            f'`normalization="per_task"`. Received: normalization={normalization!r}'
        )


def warn_of_constraints(target: keras.Model, protection: str) -> None:
    """Warns where layers move weights that earlier tasks use, outside of protection."""
    if protection == "hard":
        return  # those are held, whatever becomes of them
    moved = [
        (v.path, what)
        for v in target.trainable_variables
        for what, given in (
            ("a constraint", v.constraint),
            # With "used" penalties learn on what is free.
            ("a penalty", v.regularizer if protection != "used" else None),
        )
        if given is not None
    ]
    if moved:
        listed = ", ".join(f"{what} of {path}" for path, what in moved[:3])
        warnings.warn(
            "Constraints and penalties move weights that earlier tasks stand on, so "
            f'expect forgetting. `protection="hard"` holds them. Received: {listed}',
            stacklevel=4,
        )


def check_task(task: Any, num_tasks: int) -> int:
    """Returns `task` as an int within capacity.

    Raises:
        TypeError: If it is not an integer.
        ValueError: If it is negative or beyond capacity.
    """
    if isinstance(task, bool) or not isinstance(task, int | np.integer):
        raise TypeError(f"`task` must be an integer. Received: task={task!r}")
    if task < 0:
        raise ValueError(f"`task` counts from 0. Received: task={task}")
    if task >= num_tasks:
        raise ValueError(
            f"`task` must be below the capacity of {num_tasks} tasks; "
            f"`model = model.extend({int(task) + 1})` makes room for it. "
            f"Received: task={task}"
        )
    return int(task)


def check_begin(task: int, learned: int) -> None:
    """Raises a ValueError if `task` is not the next one to begin."""
    if task != learned:
        raise ValueError(f"The next task to begin is {learned}. Received: task={task}")


def check_order(task: int, learned: int, finished: int) -> None:
    """Allows the task being learned and the next one only.

    Raises:
        ValueError: If `task` was finished before, or skips one.
    """
    if task < finished:
        raise ValueError(
            f"Task {task} is finished: what protects it has been written down since. "
            f"Only task {max(finished, learned - 1)} can be learned now. "
            f"Received: task={task}"
        )
    if task > learned:
        raise ValueError(
            f"Tasks are learned in order, and the next one is {learned}. "
            f"Received: task={task}"
        )


def check_positive(name: str, value: Any, minimum: int = 1) -> int:
    """Returns an integer argument that must be at least `minimum`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"`{name}` must be an integer. Received: {name}={value!r}")
    if value < minimum:
        raise ValueError(
            f"`{name}` must be at least {minimum}. Received: {name}={value}"
        )
    return int(value)


def check_weight(name: str, value: float) -> float:
    """Returns a regulariser's weight, which must be finite and not negative."""
    if not np.isfinite(value) or value < 0:
        raise ValueError(
            f"`{name}` must be finite and not negative. Received: {name}={value}"
        )
    return float(value)


def check_choice(name: str, value: Any, choices: tuple[str, ...]) -> str:
    """Returns `value` if it is one of `choices`."""
    if value not in choices:
        raise ValueError(
            f"`{name}` must be one of {list(choices)}. Received: {name}={value!r}"
        )
    return str(value)


def check_logits(loss: Any) -> None:
    """Raises a ValueError if `loss` takes probabilities where logits are needed."""
    for part in keras.tree.flatten(loss):
        if isinstance(part, str) and part.lower() in ("crossentropy", "ce"):
            part = (
                keras.losses.sparse_categorical_crossentropy
            )  # or one of those like it: Keras looks at shapes
        elif isinstance(part, str):
            part = keras.losses.get(part)
        config = part.get_config() if isinstance(part, keras.losses.Loss) else {}
        if part in _OF_PROBABILITIES or config.get("from_logits") is False:
            raise ValueError(
                "`outliers` need a target that returns logits, and a loss that takes "
                "them, such as SparseCategoricalCrossentropy(from_logits=True). "
                f"Received: loss={getattr(part, '__name__', part)!r}"
            )
