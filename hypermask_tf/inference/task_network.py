"""One learned task's network, small, with its features as a second output."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers

from hypermask_tf.compaction import compact
from hypermask_tf.units.keras_graph import is_graph


class TaskNetwork(NamedTuple):
    """A task's network without what its mask switches off.

    Attributes:
        model: From inputs to logits and features, both flat. Features are the input
            of the last layer; where that layer lies within a nested model, or the
            target has no graph, the logits stand for them.
        positions: int `(features,)`: which features of the whole network these are.
            A mask that has drifted a little may switch off other units than before,
            so that features of two checkpoints are matched by position.
    """

    model: keras.Model
    positions: np.ndarray

    @classmethod
    def of(cls, learner: Any, task: int, shape: Sequence[int]) -> "TaskNetwork":
        """The network of `task` of a `HyperMask`, for inputs of that shape."""
        baked = learner.bake(task, dtype="float32")
        inputs = keras.Input(tuple(shape))
        name, kernel = None, None
        if is_graph(baked):
            head = learner.state.roles.head.index(True)
            name = _head(baked, baked.trainable_variables[head])
            kernel = _kernel(baked, name)
            baked = compact(baked)
        if name is not None:
            features = baked.get_layer(name).input
            both = keras.Model(baked.inputs, [baked.outputs[0], features])
            logits, features = both(inputs)
        else:
            logits = features = baked(inputs)
        flat = layers.Flatten() if len(features.shape) > 2 else layers.Identity()
        features = flat(features)
        positions = np.arange(features.shape[-1])
        if kernel is not None:
            positions = _rows(kernel, _kernel(baked, name))
        model = keras.Model(inputs, [logits, features], name=f"network_{task:03d}")
        return cls(model, positions)


def _head(baked: keras.Model, variable: Any) -> str | None:
    """Name of the last layer, if it lies in the model itself and not in one within."""
    for layer in baked.layers:
        if any(own is variable for own in layer.variables):
            return None if isinstance(layer, keras.Model) else str(layer.name)
    return None


def _kernel(model: keras.Model, name: str | None) -> Any:
    """The kernel of a dense layer of flat features; None of any other layer."""
    layer = None if name is None else model.get_layer(name)
    if not isinstance(layer, layers.Dense) or len(layer.input.shape) != 2:
        return None
    return keras.ops.convert_to_numpy(layer.kernel)


def _rows(whole: np.ndarray, part: np.ndarray) -> np.ndarray:
    """Which rows of `whole`, in order, are the rows of `part`."""
    found: list[int] = []
    for row in part:
        start = found[-1] + 1 if found else 0
        same = np.flatnonzero((whole[start:] == row).all(axis=1))
        # A unit that stays although nothing needs it is read with zeros.
        found.append(start + int(same[0]) if len(same) else min(start, len(whole) - 1))
    return np.array(found)
