"""A learner like another one: what all kinds of copies have in common."""

from typing import Any

import keras
from keras import ops

from hypermask_tf import replicas
from hypermask_tf.own_objects import in_scope


def like(model: Any, **changes: Any) -> Any:
    """A new learner with the arguments of `model`, but for `changes`.

    Its parts are rebuilt from their configurations. Those are objects of this process,
    not of a file from somewhere, so code among them (a `Lambda` layer) is let through.

    Args:
        model: A `HyperMask`.
        **changes: Arguments that differ, as objects.
    """
    config = {**model.get_config(), **changes}
    with replicas.scope(model), in_scope(model.target):
        for key in ("target", "hypernetwork", "augmentation", "outliers"):
            if isinstance(config[key], dict):
                config[key] = keras.saving.deserialize_keras_object(
                    config[key], safe_mode=False
                )
        return type(model).from_config(config)


def compile_like(copy: Any, model: Any) -> None:
    """Compiles `copy` as `model` is, with a fresh optimizer.

    It gets what `model` was compiled with as objects: losses and metrics need no name,
    and two of one name stay two. Losses are shared, and metrics have their own state.
    """
    if not model.compiled:
        return
    reset = model._optimizer_reset
    scope = replicas.scope(model)
    arguments = model.compile_arguments.for_copy(model, scope)
    rates = [] if model.optimizer is None else reset.rates()
    with replicas.scope(model):
        optimizer = None
        if model.optimizer is not None:
            optimizer = reset.fresh(copy.trainable_variables, rates)
        copy.compile(optimizer, **arguments)
    copy._optimizer_reset.remember()


def duplicate(model: Any) -> Any:
    """A second learner in the state of `model`, the optimizer's included."""
    twin = like(model)
    variables = [*model.weights, *model.random_state]
    copies = [*twin.weights, *twin.random_state]
    compile_like(twin, model)
    if model.compiled and model.optimizer is not None and model.optimizer.built:
        variables += model.optimizer.variables
        copies += twin.optimizer.variables
        twin._optimizer_reset.restore(model._optimizer_reset.state())
    for variable, copy in zip(variables, copies, strict=True):
        copy.assign(ops.convert_to_numpy(variable.value))
    return twin
