"""Checks of what users hand to a learner, with messages that help."""

from typing import Any

import keras
import numpy as np

from hypermask_tf.masks.roles import Roles

_SPARSE_FUNCTION = keras.losses.sparse_categorical_crossentropy
# Functions that take probabilities unless told otherwise.
_OF_PROBABILITIES = (_SPARSE_FUNCTION, keras.losses.categorical_crossentropy)


def check_target(target: Any) -> None:
    """Raises a ValueError if `target` is not a built Keras model."""
    if not isinstance(target, keras.Model) or not target.built:
        raise ValueError(
            "`target` must be a built keras.Model: give it an Input, or call it "
            f"once on data. Received: {type(target).__name__}"
            f"{'' if getattr(target, 'built', False) else ', not built'}"
        )


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


def num_outputs(target: keras.Model) -> int | None:
    """How many logits `target` returns; None where it does not say."""
    shape = getattr(target, "output_shape", None)
    if not isinstance(shape, tuple) or not isinstance(shape[-1], int):
        return None
    return shape[-1]


def check_labels(y: Any, loss: Any, target: keras.Model) -> None:
    """Compares integer labels with the width of the target's output.

    Only arrays and tensors are looked at, and only where the loss takes integer
    labels: those of a data set cannot be seen before they are drawn.

    Raises:
        ValueError: If a label is negative or has no output unit.
    """
    sparse = keras.losses.SparseCategoricalCrossentropy
    if isinstance(loss, str):
        loss = keras.losses.get(loss)
    if not isinstance(loss, sparse) and loss is not _SPARSE_FUNCTION:
        return
    if not (isinstance(y, list) or hasattr(y, "__array__")):
        return
    outputs = num_outputs(target)
    if outputs is None:
        return
    labels = np.asarray(y).ravel()
    if isinstance(loss, sparse):
        labels = labels[labels != loss.get_config().get("ignore_class")]
    if labels.size == 0:
        return
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= outputs:
        raise ValueError(
            f"The target's head has {outputs} outputs, so labels must lie in "
            f"0..{outputs - 1}. Widen its last layer, or map each task's classes "
            f"to 0, 1, … (scenarios do). Received: labels from {low} to {high}"
        )


def check_logits(loss: Any) -> None:
    """Raises a ValueError if `loss` takes probabilities where logits are needed."""
    for part in keras.tree.flatten(loss):
        if isinstance(part, str) and part.lower() in ("crossentropy", "ce"):
            part = _SPARSE_FUNCTION  # or one of those like it: Keras looks at shapes
        elif isinstance(part, str):
            part = keras.losses.get(part)
        config = part.get_config() if isinstance(part, keras.losses.Loss) else {}
        if part in _OF_PROBABILITIES or config.get("from_logits") is False:
            raise ValueError(
                "`outliers` need a target that returns logits, and a loss that takes "
                "them, such as SparseCategoricalCrossentropy(from_logits=True). "
                f"Received: loss={getattr(part, '__name__', part)!r}"
            )
