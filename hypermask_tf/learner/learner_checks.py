"""Checks of what users hand to a learner, with messages that help."""

from typing import Any

import keras
import numpy as np
from keras import ops

from hypermask_tf import checks
from hypermask_tf.base import Base
from hypermask_tf.hypernetworks import Hypernetwork
from hypermask_tf.keras_private import all_layers
from hypermask_tf.protection import Protection
from hypermask_tf.tasks import LearnerState

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


def check_base(base: Any, given: dict[str, Any], head: str, normalization: str) -> None:
    """Raises a ValueError if something contradicts a base.

    Args:
        base: The base.
        given: Arguments that a base stands for, by name.
        head, normalization: As in `HyperMask`.
    """
    checks.check_part("base", base, Base)
    said = [f"{name}={value!r}" for name, value in given.items() if value is not None]
    said += [f"head={head!r}"] * (head != "per_task")
    said += [f"normalization={normalization!r}"] * (normalization != "per_task")
    if said:
        raise ValueError(
            f"`base={base!r}` says what tasks share, and gives each a head and "
            "normalisation of its own. Leave out what contradicts it. "
            f"Received: {', '.join(said)}"
        )


def check_drift(hypernetwork: Hypernetwork, protection: Protection) -> None:
    """Raises a ValueError if drift is penalised where nothing can drift."""
    if hypernetwork.drift is not None and protection.freezes:
        raise ValueError(
            "`drift` of the hypernetwork has no effect beside a `protection` that "
            "freezes the scores of earlier tasks. Leave `drift` out, or use "
            f"`WeightPenalty()`. Received: drift={hypernetwork.drift!r}, "
            f"protection={protection!r}"
        )


def warn_of_constraints(target: keras.Model, protection: Protection) -> None:
    """Warns where layers move weights that earlier tasks use, outside of protection."""
    if protection.freezes:
        return  # those stay, whatever becomes of them
    moved = [
        (v.path, what)
        for v in target.trainable_variables
        for what, given in (
            ("a constraint", v.constraint),
            # Where use is known, penalties learn on what is free.
            ("a penalty", None if protection.tracks_use else v.regularizer),
        )
        if given is not None
    ]
    if moved:
        listed = ", ".join(f"{what} of {path}" for path, what in moved[:3])
        checks.warn(
            "Constraints and penalties move weights that earlier tasks stand on, so "
            f"expect forgetting. `protection=Freeze()` prevents it. Received: {listed}"
        )


def warn_of_trained(state: LearnerState) -> None:
    """Warns where masks are about to take apart what a network has learned."""
    masks = state.masks
    whole = masks.activation == "binary" and state.layout.counts.dense
    if state.roles.own or whole or not _is_trained(state.target):
        return
    checks.warn(
        "The target looks trained, and a task's network is a part of it with other "
        "weights, so what it knows is lost. `HyperMask(target, num_tasks, "
        "base=FrozenBase())` keeps it: tasks compute with it, and add parts of their "
        f"own. Received: masks={masks!r}"
    )


def _is_trained(target: keras.Model) -> bool:
    """Whether a network was fitted, or its normalisation has seen data."""
    optimizer = target.optimizer if target.compiled else None
    if optimizer is not None and int(ops.convert_to_numpy(optimizer.iterations)) > 0:
        return True
    return any(
        bool(np.any(ops.convert_to_numpy(layer.moving_mean) != 0))
        for layer in all_layers(target)
        if isinstance(layer, keras.layers.BatchNormalization)
    )


def check_begin(state: LearnerState, task: int) -> None:
    """Raises a ValueError if `task` is not the next one to begin."""
    learned = state.num_learned_tasks
    if task != learned:
        raise ValueError(
            f"The next task to begin is {learned}. "
            f"Received: task={state.names.label(task)}"
        )


def check_order(state: LearnerState, task: int, given: Any) -> None:
    """Allows the task being learned and the next one only.

    Args:
        state: The parts of the learner.
        task: The index of the task.
        given: What the caller called it.

    Raises:
        ValueError: If `task` was finished before, or skips one.
    """
    learned, finished = state.num_learned_tasks, state.num_finished_tasks
    if task < finished:
        current = state.names.label(max(finished, learned - 1))
        raise ValueError(
            f"Task {state.names.label(task)} is finished: what protects it has been "
            f"written down since. Only task {current} can be learned now. "
            f"Received: task={given!r}"
        )
    if task > learned:
        raise ValueError(
            f"Tasks are learned in order, and the next one is {learned}. "
            f"Received: task={given!r}"
        )


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
