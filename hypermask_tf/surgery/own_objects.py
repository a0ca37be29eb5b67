"""Classes and functions of the user's that a model is made of."""

import inspect
from collections.abc import Iterator
from typing import Any

import keras

from hypermask_tf.keras_private import all_layers, is_named_by_keras

_KNOWN = ("keras.", "hypermask_tf.")
# Functions that Keras finds itself; not so those of `keras.ops`.
_BY_NAME = ("activations", "initializers", "regularizers")


def is_own(kind: type) -> bool:
    """Whether a class is the user's: neither Keras's nor this library's."""
    return not kind.__module__.startswith(_KNOWN)


def own_objects(layer: keras.Layer) -> dict[str, Any]:
    """Classes of layers, and functions these hold, that are not Keras's, by name.

    For Keras's own ways of making layers inside layers, which know names only. Of two
    with one name it is the first: who uses this must not trust it (see `surgery`).

    Args:
        layer: A layer or model.

    Example:

    >>> dense = keras.layers.Dense(2, "relu")
    >>> own_objects(keras.Sequential([keras.Input((3,)), dense]))
    {}
    """
    found: dict[str, Any] = {}
    for inner in all_layers(layer):
        for part in (type(inner), *_functions(inner)):
            if is_named_by_keras(part, *_BY_NAME):
                continue
            if inspect.isclass(part) and not is_own(part):
                continue
            # "package>name" of what is registered, else the name alone.
            found.setdefault(keras.saving.get_registered_name(part), part)
    return found


def _functions(layer: keras.Layer) -> Iterator[Any]:
    """Functions that were given to a layer, such as its activation."""
    if isinstance(layer, keras.Model):
        return  # It holds compiled steps, and what its layers hold is theirs.
    for key, value in vars(layer).items():
        # What the class has too is a method that Keras has wrapped.
        if inspect.isfunction(value) and not hasattr(type(layer), key):
            yield value
