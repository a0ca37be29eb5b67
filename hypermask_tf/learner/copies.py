"""A learner like another one: what all kinds of copies have in common."""

from typing import Any

import numpy as np

from hypermask_tf.distribution import replicas
from hypermask_tf.learner.configs import arguments, objects
from hypermask_tf.surgery.clone import clone_network, clone_part
from hypermask_tf.surgery.compare import SAME, check_same, tolerance_for
from hypermask_tf.surgery.state import array_copy, finalize

_MOST_TASKS = 8


def clone_learner(model: Any, **changes: Any) -> Any:
    """A new learner with the arguments of `model`, but for `changes`.

    Its parts are made anew with the classes, functions and values at hand, whatever
    they are called and whether or not Keras knows them.

    Args:
        model: A `HyperMask`.
        **changes: Arguments that differ, as objects.
    """
    with replicas.scope(model):
        made = {
            name: (clone_network if name == "target" else clone_part)(
                getattr(model, name)
            )
            for name in objects(model)
            if name not in changes
        }
        named = {"name": model.name, "dtype": model.dtype_policy}
        return type(model)(**{**named, **arguments(model), **made, **changes})


def duplicate(model: Any) -> Any:
    """A learner that goes on as `model` would, with variables of its own."""
    copy = clone_learner(model)
    assign_all(model, copy)
    compile_like(copy, model)
    if model.compiled and model.optimizer is not None and model.optimizer.built:
        for new, old in zip(
            copy.optimizer.variables, model.optimizer.variables, strict=True
        ):
            new.assign(array_copy(old))
        copy.optimizer_reset.restore(model.optimizer_reset.state())
    check_tasks(model, copy, "`copy.deepcopy`")
    return copy


def assign_all(old: Any, new: Any, places: Any = None) -> None:
    """Gives a learner the values of another one, also where it has more of them.

    Args:
        old: A learner.
        new: One like it, of which each variable is as large or larger.
        places: By `id` of a larger variable of `new`, what indexes the old values in
            it. By default they are the first along all axes.
    """
    for variable, source in zip(
        (*new.weights, *new.random_state),
        (*old.weights, *old.random_state),
        strict=True,
    ):
        values = array_copy(source)
        if variable.shape != source.shape:
            wide = array_copy(variable)
            first = tuple(slice(size) for size in values.shape)
            wide[first if places is None else places[id(variable)]] = values
            values = wide
        variable.assign(values)
    new.state.names.replace(old.state.names.given())
    finalize(new.target)


def check_tasks(old: Any, new: Any, what: str, tolerance: float = SAME) -> None:
    """Compares the networks of learned tasks, or of the first if there is none.

    All tasks of a learner go the same way, so of many some are enough.

    Raises:
        DifferentNetworkError: If a task's network computes something else in `new`.
    """
    learned = max(old.num_learned_tasks, 1)
    tasks = np.unique(
        np.linspace(0, learned - 1, min(learned, _MOST_TASKS)).astype(int)
    )
    tolerance = tolerance_for(old.target, new.target, least=tolerance)
    for task in tasks.tolist():
        check_same(
            old.state.network_of(task),
            new.state.network_of(task),
            f"{what} (task {task})",
            tolerance,
        )


def compile_like(copy: Any, model: Any) -> None:
    """Compiles `copy` as `model` is, with a fresh optimizer.

    It gets what `model` was compiled with as objects: losses and metrics need no name,
    and two of one name stay two. Losses are shared, and metrics have their own state.
    """
    if not model.compiled:
        return
    reset = model.optimizer_reset
    scope = replicas.scope(model)
    arguments = model.compile_arguments.for_copy(model, scope)
    rates = [] if model.optimizer is None else reset.rates()
    with replicas.scope(model):
        optimizer = None
        if model.optimizer is not None:
            optimizer = reset.fresh(copy.trainable_variables, rates)
        copy.compile(optimizer, **arguments)
    copy.optimizer_reset.remember()
