"""Classes and functions of the user's that a model is made of."""

import contextlib
import inspect
from collections.abc import Iterator
from typing import Any

import keras

from hypermask_tf.masks.roles import all_layers

_KNOWN = ("keras.", "hypermask_tf.")
# Functions that Keras finds itself; not so those of `keras.ops`.
_BY_NAME = ("keras.src.activations", "keras.src.initializers", "keras.src.regularizers")
_NAMELESS = "<lambda>"


def in_scope(model: keras.Model) -> contextlib.AbstractContextManager[Any]:
    """Where parts of `model` can be made again from their configurations.

    These name classes and functions, and Keras finds only its own and registered ones
    by name. In here all are at hand.

    Args:
        model: A Keras model.

    Raises:
        ValueError: As `own_objects` does.
    """
    return keras.saving.custom_object_scope(own_objects(model))


def is_own(kind: type) -> bool:
    """Whether a class is the user's: neither Keras's nor this library's."""
    return not kind.__module__.startswith(_KNOWN)


def own_objects(model: keras.Model) -> dict[str, Any]:
    """Classes of layers, and functions these hold, that are not Keras's, by name.

    Args:
        model: A Keras model.

    Raises:
        ValueError: If two of them have one name, or a Keras layer holds a function
            without one.

    Example:

    >>> dense = keras.layers.Dense(2, "relu")
    >>> own_objects(keras.Sequential([keras.Input((3,)), dense]))
    {}
    """
    found: dict[str, Any] = {}
    for layer in all_layers(model):
        for part in (type(layer), *_functions(layer)):
            if part.__module__.startswith(_BY_NAME):
                continue
            if inspect.isclass(part) and not is_own(part):
                continue
            # "package>name" of what is registered, else the name alone.
            name = keras.saving.get_registered_name(part)
            same = found.setdefault(name, part) is part
            if not same and (inspect.isclass(part) or _is_of_keras(layer)):
                raise ValueError(
                    "Small networks are made anew from the names of parts, so "
                    "layers and functions of your own need different names. Received: "
                    f"two that are called {name!r}, the second in layer "
                    f"{layer.name!r}"
                )
    return found


def _functions(layer: keras.Layer) -> Iterator[Any]:
    """Functions with a name that were given to a layer, such as its activation."""
    if isinstance(layer, keras.Model):
        return  # It holds compiled steps, and what its layers hold is theirs.
    for key, value in vars(layer).items():
        # What the class has too is a method that Keras has wrapped.
        if not inspect.isfunction(value) or hasattr(type(layer), key):
            continue
        if value.__name__ != _NAMELESS:
            yield value
        elif _needs_name(layer):
            raise ValueError(
                "Small networks are made anew from the names of parts: define the "
                f"function with `def`. Received: layer {layer.name!r} with a "
                f"lambda as `{key}`"
            )


def _needs_name(layer: keras.Layer) -> bool:
    """Whether Keras saves a function of this layer by its name, not its code."""
    return _is_of_keras(layer) and not isinstance(layer, keras.layers.Lambda)


def _is_of_keras(layer: keras.Layer) -> bool:
    """Whether Keras says how it is saved; what else a layer holds is its own affair."""
    return type(layer).__module__.startswith("keras.")
