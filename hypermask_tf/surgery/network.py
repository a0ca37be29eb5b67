"""A model with values of its variables, to be run and looked into."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from hypermask_tf.units.flat_graph import FlatGraph
from hypermask_tf.units.keras_graph import is_graph


@dataclasses.dataclass(frozen=True)
class Network:
    """What a model computes at inference.

    Args:
        model: A built model.
        trainable: Values in place of its trainable variables; None for its own.
        fixed: The same for its non-trainable variables.
        num_outputs: Only so many channels of its output count, the first; None for all.
    """

    model: keras.Model
    trainable: Sequence[Any] | None = None
    fixed: Sequence[Any] | None = None
    num_outputs: int | None = None

    def outputs(self, inputs: Any) -> list[np.ndarray]:
        """All outputs for `inputs`, flat."""
        with self._values():
            outputs = self.model(_tensors(inputs), training=False)
        arrays = [_array(tensor) for tensor in keras.tree.flatten(outputs)]
        if self.num_outputs is None:
            return arrays
        return [array[..., : self.num_outputs] for array in arrays]

    def layers(self, inputs: Any) -> Iterator[tuple[str, list[np.ndarray]]]:
        """Path and outputs of each layer in turn; nothing if the model has no graph.

        Raises:
            ValueError: If a layer fails; it is named.
        """
        if not is_graph(self.model):
            return
        graph = FlatGraph(self.model)
        tensors = keras.tree.flatten(_tensors(inputs))
        known = dict(zip(graph.inputs, tensors, strict=True))
        for step in graph.steps:
            given = {
                id(tensor): known[number]
                for tensor, number in zip(
                    step.node.input_tensors, step.inputs, strict=True
                )
            }
            args, kwargs = step.node.arguments.fill_in(given)
            with self._values():
                try:
                    outputs = step.operation(*args, **kwargs)
                except Exception as error:  # each backend has its own kinds
                    raise ValueError(f"layer {step.path!r} fails: {error}") from error
            results = keras.tree.flatten(outputs)
            known.update(zip(step.outputs, results, strict=True))
            yield step.path, [_array(tensor) for tensor in results]

    def _values(self) -> Any:
        pairs: list[tuple[Any, Any]] = []
        for variables, values in (
            (self.model.trainable_variables, self.trainable),
            (self.model.non_trainable_variables, self.fixed),
        ):
            if values is not None:
                tensors = [
                    ops.convert_to_tensor(value, dtype=variable.dtype)
                    for variable, value in zip(variables, values, strict=True)
                ]
                pairs += zip(variables, tensors, strict=True)
        return keras.StatelessScope(state_mapping=pairs)


def _tensors(inputs: Any) -> Any:
    return keras.tree.map_structure(
        lambda a: a if a.dtype == object else ops.convert_to_tensor(a), inputs
    )


def _array(tensor: Any) -> np.ndarray:
    if "float" in keras.backend.standardize_dtype(tensor.dtype):
        tensor = ops.cast(tensor, "float32")
    array = np.asarray(ops.convert_to_numpy(tensor))
    return array if array.dtype.kind not in "fiub" else array.astype("float64")
