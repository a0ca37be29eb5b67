"""From a learner and a task to a plain Keras model."""

from typing import Any

import keras

from hypermask_tf.masks.roles import all_layers
from hypermask_tf.normalization import TransductiveBatchNormalization
from hypermask_tf.own_objects import in_scope, is_own
from hypermask_tf.units.keras_graph import is_graph


def bake(model: Any, task: int, dtype: str | None = None) -> keras.Model:
    """A stock Keras model with the weights m ⊙ θ and normalisation of `task`.

    Args:
        model: A `HyperMask`.
        task: A task within its capacity.
        dtype: Dtype policy of the result; None keeps the target's.

    Raises:
        ValueError: If the target uses `TransductiveBatchNormalization`.
    """
    for layer in all_layers(model.target):
        if isinstance(layer, TransductiveBatchNormalization):
            raise ValueError(
                "A network that normalises by batch statistics at test time cannot "
                "be baked: at batch 1 it would predict something else. Build the "
                "target with keras.layers.BatchNormalization. "
                f"Received: layer {layer.name!r}"
            )
    config = keras.saving.serialize_keras_object(_without_class(model.target))
    if dtype is not None:
        config = _with_policy(config, dtype)
    # The target is an object of this process, not a file from somewhere.
    with in_scope(model.target):
        baked = keras.saving.deserialize_keras_object(config, safe_mode=False)
    trainable, fixed = model.task_values(task)
    for variables, values in (
        (baked.trainable_variables, trainable),
        (baked.non_trainable_variables, fixed),
    ):
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
    return baked


def _without_class(target: keras.Model) -> keras.Model:
    """A plain model of the same layers, where a user's class is no more than its graph.

    Such a class may make its layers itself, so that nothing can be made of it by name.
    """
    if (
        is_own(type(target))
        and is_graph(target)
        and not isinstance(target, keras.Sequential)
    ):
        return keras.Model(target.input, target.output, name=target.name)
    return target


def _with_policy(config: Any, dtype: str) -> Any:
    """The serialised model with every dtype policy replaced."""
    if isinstance(config, list | tuple):
        return [_with_policy(item, dtype) for item in config]
    if not isinstance(config, dict):
        return config
    if str(config.get("class_name", "")).endswith("DTypePolicy"):
        return keras.saving.serialize_keras_object(keras.DTypePolicy(dtype))
    return {key: _with_policy(value, dtype) for key, value in config.items()}
