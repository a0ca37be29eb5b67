"""A layer made anew: from its configuration, with the objects it was given."""

import contextlib
import functools
import types
from collections.abc import Mapping, Set
from typing import Any

import keras

from hypermask_tf.keras_private import all_layers
from hypermask_tf.surgery.own_objects import is_own, own_objects

# Objects that a configuration names, and that are at hand in the layer itself.
_FUNCTIONS = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    functools.partial,
)
_OBJECTS = (
    keras.initializers.Initializer,
    keras.regularizers.Regularizer,
    keras.constraints.Constraint,
)
# An unknown entry of a configuration.
_NOTHING: Any = object()


def remake_layer(
    layer: Any, changes: Mapping[str, Any] | None = None, dtype: str | None = None
) -> Any:
    """A new layer like `layer`, without variables yet.

    A configuration names functions, and Keras takes what it knows by that name: an
    activation of your own that is called `relu` would become Keras's. So functions,
    initializers, regularizers and constraints are handed over as objects.

    Args:
        layer: A layer or operation that is no Functional or Sequential model.
        changes: Entries of its configuration that differ.
        dtype: Dtype policy of the new layer; None keeps the old one's.

    Raises:
        ValueError: If the class cannot be made from its configuration.
    """
    try:
        config = _config_of(layer)
        for key in config:
            part = getattr(layer, key, getattr(layer, f"_{key}", _NOTHING))
            if _is_part(part) or _is_callable_object(part):
                config[key] = part
        if dtype is not None:
            config = with_policy(config, dtype)
        config.update(changes or {})
        with _names_of(layer):
            new = _from_config(layer, config)
        _check_apart(layer, new)
        keep_parts(layer, new, changed=set(changes or {}))
    except Exception as error:
        raise ValueError(
            "Small networks are made anew from the configurations of layers. Expected "
            f"`get_config` of layer {layer.name!r} ({type(layer).__name__}) to return "
            "all arguments that its class takes, and functions inside wrapped layers "
            f"to have names of their own (`def`). Received: {error}"
        ) from error
    return new


def with_policy(config: Any, dtype: str) -> Any:
    """A serialised layer with every dtype policy replaced."""
    if isinstance(config, list | tuple):
        return [with_policy(item, dtype) for item in config]
    if not isinstance(config, dict):
        return config
    if str(config.get("class_name", "")).endswith("DTypePolicy"):
        return keras.saving.serialize_keras_object(keras.DTypePolicy(dtype))
    return {key: with_policy(value, dtype) for key, value in config.items()}


def keep_parts(old: Any, new: Any, changed: Set[str] = frozenset()) -> None:
    """Gives a layer made anew, and all layers in it, the functions of the old ones.

    Args:
        old: The layer it was made from.
        new: A layer of the same structure.
        changed: Attributes of the layer itself that are meant to differ.

    Raises:
        ValueError: If a layer inside is of another class than the old one.
    """
    for one, other in zip(_layers(old), _layers(new), strict=False):
        if type(one) is not type(other):
            raise ValueError(
                f"layer {one.name!r} inside became a {type(other).__module__}."
                f"{type(other).__name__}, another class of that name"
            )
        if isinstance(one, keras.Model):
            continue  # It holds compiled steps, and what its layers hold is theirs.
        for key, value in vars(one).items():
            now = vars(other).get(key, _NOTHING)
            if now is _NOTHING or now is value or not _is_part(value):
                continue
            if one is old and key in changed:
                continue
            # What the class has too is a method that Keras has wrapped; what refers to
            # the old layer is made by each layer for itself.
            if not hasattr(type(one), key) and not _refers_to(value, one):
                setattr(other, key, value)


def _config_of(layer: Any) -> dict[str, Any]:
    """The configuration of a layer, also where a part of it has none."""
    try:
        return dict(layer.get_config())
    except Exception:
        # A partial, or a class without `get_config`. The part itself is handed over, so
        # anything may stand in its place meanwhile.
        parts = {k: v for k, v in vars(layer).items() if _is_part(v)}
        given = {k: v for k, v in parts.items() if not hasattr(type(layer), k)}
        if not given:
            raise
        try:
            for key, part in given.items():
                setattr(layer, key, _stand_in(part))
            return dict(layer.get_config())
        finally:
            for key, part in given.items():
                setattr(layer, key, part)


def _stand_in(part: Any) -> Any:
    if isinstance(part, keras.initializers.Initializer):
        return keras.initializers.Zeros()
    return None if isinstance(part, _OBJECTS) else keras.activations.linear


def _check_apart(old: Any, new: Any) -> None:
    """Raises a ValueError if a layer made anew holds a layer of the old one."""
    inside = {id(layer) for layer in _layers(old)}
    shared = [layer.name for layer in _layers(new) if id(layer) in inside]
    if shared:
        raise ValueError(
            f"the layer {shared[0]!r} itself in `get_config`: return "
            "`keras.saving.serialize_keras_object(layer)`, and take it apart in "
            "`from_config`"
        )


def _names_of(layer: Any) -> contextlib.AbstractContextManager[Any]:
    """Where Keras finds what lies inside a layer, such as a cell or a wrapped one."""
    found = own_objects(layer) if isinstance(layer, keras.Layer) else {}
    return keras.saving.custom_object_scope(found)


def _layers(layer: Any) -> list[Any]:
    return all_layers(layer) if isinstance(layer, keras.Layer) else [layer]


def _from_config(layer: Any, config: dict[str, Any]) -> Any:
    kind = type(layer)
    if isinstance(layer, keras.layers.Lambda) and (
        kind.from_config.__func__ is keras.layers.Lambda.from_config.__func__
    ):
        # Its own way takes code out of a file; here the function is at hand.
        own = {"arguments": layer.arguments, "function": layer.function}
        return keras.Layer.from_config.__func__(kind, {**config, **own})
    return kind.from_config(config)


def _is_part(value: Any) -> bool:
    """Whether this is an object that a layer was given, and no state of its own."""
    if isinstance(value, _FUNCTIONS):
        return not isinstance(getattr(value, "__self__", None), keras.Layer)
    # Keras makes its own ones anew, with seeds of their own.
    return isinstance(value, _OBJECTS) and is_own(type(value))


def _is_callable_object(value: Any) -> bool:
    """Whether this is an activation that is an object with a `__call__`."""
    return (
        callable(value)
        and not isinstance(value, keras.Layer | type)
        and is_own(type(value))
    )


def _refers_to(function: Any, layer: Any) -> bool:
    """Whether a function was made inside this layer, around parts of it."""
    inside = {id(part) for part in (layer, *_layers(layer), *layer.variables)}
    return any(id(part) in inside for part in _held(function))


def _held(function: Any) -> list[Any]:
    if isinstance(function, functools.partial):
        return [function.func, *function.args, *function.keywords.values()]
    if isinstance(function, types.MethodType):
        return [function.__self__]
    cells = []
    for cell in getattr(function, "__closure__", None) or ():
        with contextlib.suppress(ValueError):  # an empty one
            cells.append(cell.cell_contents)
    return cells
