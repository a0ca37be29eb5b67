"""Notices that a layer was changed from outside: adapted anew, an attribute set."""

from typing import Any

import keras
import numpy as np

from hypermask_tf.keras_private import all_layers

# What Keras itself sets while a model is used.
_KERAS = frozenset(vars(keras.Layer())) | {"built", "supports_jit", "name"}
_PLAIN = (bool, int, float, complex, str, bytes, type(None))


class LayerWatch:
    """What the layers of a model compute with besides their variables.

    Compiled steps, and networks made of these layers, hold what a layer's attributes
    were when they were made: `Rescaling.scale`, or the mean that `Normalization.adapt`
    has found. Keras does not notice a change.

    Args:
        model: A built model.

    Example:

    >>> scale = keras.layers.Rescaling(2.0)
    >>> watch = LayerWatch(keras.Sequential([keras.Input((3,)), scale]))
    >>> watch.changed()
    []
    >>> scale.scale = 4.0
    >>> watch.changed() == [scale.name]
    True
    """

    def __init__(self, model: keras.Model) -> None:
        self._layers = [
            layer for layer in all_layers(model) if not isinstance(layer, keras.Model)
        ]
        self._seen = [_attributes(layer) for layer in self._layers]

    def changed(self) -> list[str]:
        """Names of the layers that are not as they were."""
        return [
            layer.name
            for layer, seen in zip(self._layers, self._seen, strict=True)
            if not _same(seen, _attributes(layer))
        ]


def _attributes(layer: Any) -> dict[str, Any]:
    own = {k: v for k, v in vars(layer).items() if k not in _KERAS}
    if type(layer).__module__.startswith("keras."):
        own = {k: v for k, v in own.items() if not k.startswith("_")}
    return {key: _token(value) for key, value in own.items()}


def _token(value: Any) -> Any:
    """What tells a value from another one; objects themselves, so that they live on."""
    if isinstance(value, keras.Variable):
        return value  # its values are none of ours
    if keras.ops.is_tensor(value) and value.dtype != "resource":
        value = keras.ops.convert_to_numpy(value)
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, list | tuple):
        return tuple(_token(item) for item in value)
    return value


def _same(before: Any, now: Any) -> bool:
    if isinstance(before, dict) and isinstance(now, dict):
        return before.keys() == now.keys() and all(
            _same(value, now[key]) for key, value in before.items()
        )
    if isinstance(before, tuple) and isinstance(now, tuple):
        return len(before) == len(now) and all(map(_same, before, now))
    if isinstance(before, np.ndarray) and isinstance(now, np.ndarray):
        return np.array_equal(before, now, equal_nan=before.dtype.kind == "f")
    if isinstance(before, _PLAIN) and isinstance(now, _PLAIN):
        return type(before) is type(now) and (before == now or before != before)
    return before is now
