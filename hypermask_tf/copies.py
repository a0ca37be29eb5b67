"""A learner like another one: what `extend` and `grow` have in common."""

import inspect
import types
from collections.abc import Mapping
from typing import Any

import keras

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

    Losses and metrics that are plain functions are known by name only in Keras's
    configurations: here the functions themselves are at hand.
    """
    if not model.compiled:
        return
    config = model.get_compile_config()
    functions = dict(model.compiled_functions)
    with keras.saving.custom_object_scope(functions), replicas.scope(model):
        copy.compile_from_config(config)
    copy.compiled_functions = model.compiled_functions


def functions_of(arguments: Any) -> Mapping[str, Any]:
    """The plain functions among nested arguments, by name.

    Not a dict: Keras tracks what lies in dicts that are attributes of a model.
    """
    return types.MappingProxyType(
        {
            part.__name__: part
            for part in keras.tree.flatten(arguments)
            if inspect.isfunction(part)
        }
    )
