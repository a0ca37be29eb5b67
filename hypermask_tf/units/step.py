"""One call of one layer or operation."""

import dataclasses
from typing import Any

import keras

Shape = tuple[int | None, ...]


@dataclasses.dataclass(frozen=True)
class Step:
    """One call of a layer or of a `keras.ops` operation in a flattened graph.

    Attributes:
        operation: The layer or operation.
        path: Its name, after the names of the nested models it lies in.
        inputs: Numbers of the tensors it reads, in the order of its arguments.
        outputs: Numbers of the tensors it makes.
        node: Keras's record of the call, with its other arguments.
    """

    operation: Any
    path: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    node: Any

    @property
    def is_layer(self) -> bool:
        """Whether this is a layer rather than a bare operation."""
        return isinstance(self.operation, keras.Layer)

    @property
    def input_shapes(self) -> list[Shape]:
        """Shapes of the inputs, batch first."""
        return [tuple(t.shape) for t in self.node.input_tensors]

    @property
    def output_shapes(self) -> list[Shape]:
        """Shapes of the outputs, batch first."""
        return [tuple(t.shape) for t in self.node.outputs]

    @property
    def in_widths(self) -> list[int]:
        """Number of channels of each input."""
        return [width_of(shape) for shape in self.input_shapes]

    @property
    def out_widths(self) -> list[int]:
        """Number of channels of each output."""
        return [width_of(shape) for shape in self.output_shapes]

    @property
    def other_arguments(self) -> list[Any]:
        """Arguments of the call that are no tensors of the graph, flat."""
        tensors = {id(t) for t in self.node.input_tensors}
        call = self.node.arguments
        return [
            leaf
            for leaf in keras.tree.flatten((call.args, call.kwargs))
            if id(leaf) not in tensors
        ]

    @property
    def in_training(self) -> bool:
        """Whether the call asks for training mode, whatever the model does."""
        return bool(self.node.arguments.kwargs.get("training"))

    def run(self, values: list[Any]) -> Any:
        """The operation on other values of its inputs, at inference.

        Args:
            values: One array per input; converted to the dtype of that input.

        Returns:
            Its one output as a float64 array.
        """
        known = {
            id(tensor): keras.ops.convert_to_tensor(value, tensor.dtype)
            for tensor, value in zip(self.node.input_tensors, values, strict=True)
        }
        args, kwargs = self.node.arguments.fill_in(known)
        result = self.operation(*args, **kwargs)
        return keras.ops.convert_to_numpy(result).astype("float64")


def width_of(shape: Shape) -> int:
    """Size of the last axis; 1 where there is none or its size is unknown."""
    return (shape[-1] or 1) if len(shape) > 1 else 1
