"""Arrays of the user's, in the order and the types of a model's inputs and outputs."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from hypermask_tf.export.interface import Port, port_names
from hypermask_tf.units.keras_graph import graph_of, is_graph


def input_keys(model: Any, x: Any) -> list[str]:
    """Returns what a model calls its inputs, in the order Keras flattens them.

    Keys where it takes a dictionary, else the names of its `Input`s; of a model without
    a graph what its examples say.
    """
    if not is_graph(model):
        return _keys(x, "input")
    graph = graph_of(model)
    names = {
        id(layer.output): layer.name
        for layer in graph.layers
        if isinstance(layer, keras.layers.InputLayer)
    }
    paths = keras.tree.flatten_with_path(graph.input)
    return [_key(path, names.get(id(tensor), "input")) for path, tensor in paths]


def output_keys(model: Any, outputs: Any) -> list[str]:
    """Returns what a model calls its outputs, in the order Keras flattens them.

    Keys where it returns a dictionary, else the names of the layers that make them.
    """
    if not is_graph(model):
        return _keys(outputs, "output")
    graph = graph_of(model)
    paths = keras.tree.flatten_with_path(graph.output)
    return [
        _key(path, name)
        for (path, _), name in zip(paths, graph.output_names, strict=True)
    ]


def parts(values: Any, keys: Sequence[str], what: str) -> list[np.ndarray]:
    """Returns nested arrays in the order of keys.

    Args:
        values: an array, a list or tuple of them, or a dictionary by key.
        keys: what inputs or outputs are called.
        what: which of the two, for the message.

    Raises:
        ValueError: when there is not one for each.
    """
    by_name = isinstance(values, dict)
    same = by_name and values.keys() == {*keys}
    found = [values[key] for key in keys] if same else keras.tree.flatten(values)
    if len(found) != len(keys) or (by_name and not same):
        given = sorted(values) if by_name else f"{len(found)} of them"
        raise ValueError(
            f"Expected {what} for {list(keys)}, in this order or by these names. "
            f"Received: {given}"
        )
    return [np.asarray(keras.ops.convert_to_numpy(part)) for part in found]


def inputs(
    model: Any, x: Any, keys: Sequence[str]
) -> tuple[list[np.ndarray], list[Port]]:
    """Returns examples as a file takes them, and what its inputs are.

    Types are those that the model declares: whole numbers stay whole, all floats are
    float32.

    Raises:
        ValueError: when the examples do not fit the model, or one of its inputs takes
            text, which LiteRT does not.
    """
    declared = _declared(model, len(keys))
    arrays, ports = [], []
    for key, name, values, spec in zip(
        keys,
        port_names(keys),
        parts(x, keys, "inputs"),
        declared,
        strict=True,
    ):
        array = _in_shape(values, spec)
        kind = _kind(array, spec)
        arrays.append(_cast(array, kind, key))
        ports.append(Port(name, tuple(array.shape[1:]), kind))
    return arrays, ports


def _declared(model: Any, number: int) -> list[Any]:
    if not is_graph(model):
        return [None] * number
    return list(keras.tree.flatten(graph_of(model).input))


def _in_shape(values: np.ndarray, spec: Any) -> np.ndarray:
    """Adds or takes off a last axis of one, as Keras does."""
    if spec is None:
        return values
    rank = len(spec.shape)
    if values.ndim == rank - 1 and spec.shape[-1] == 1:
        return values[..., np.newaxis]
    if values.ndim == rank + 1 and values.shape[-1] == 1:
        return values[..., 0]
    return values


def _kind(values: np.ndarray, spec: Any) -> str:
    kind = keras.backend.standardize_dtype(values.dtype if spec is None else spec.dtype)
    return "float32" if "float" in kind else str(kind)


def _cast(values: np.ndarray, kind: str, key: str) -> np.ndarray:
    if values.dtype.kind not in "fiub":
        raise ValueError(
            f"Expected numbers for the input {key!r}. Received: {values.dtype}"
        )
    cast = values.astype(kind)
    if "float" not in kind and not np.array_equal(cast, values):
        raise ValueError(
            f"Expected whole numbers that fit {kind} for the input {key!r}. Received: "
            f"numbers from {values.min()} to {values.max()}"
        )
    return cast


def _keys(values: Any, default: str) -> list[str]:
    paths = [path for path, _ in keras.tree.flatten_with_path(values)]
    if len(paths) == 1:
        return [_key(paths[0], default)]
    return [_key(path, f"{default}_{i}") for i, path in enumerate(paths)]


def _key(path: tuple[Any, ...], default: str) -> str:
    return path[-1] if path and isinstance(path[-1], str) else default
