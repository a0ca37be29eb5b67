"""A model's graph with its nested models unfolded."""

from typing import Any

import keras

from hypermask_tf.keras_private import all_layers, graph_nodes
from hypermask_tf.units.keras_graph import graph_of, is_graph
from hypermask_tf.units.step import Shape, Step, width_of


class FlatGraph:
    """The calls of a Functional or Sequential model, nested models unfolded.

    Tensors are numbered. A nested model's inner input is the tensor it is called
    on, so that whatever flows crosses its border unseen; a nested model called twice
    gives its calls twice, on different tensors.

    Args:
        model: A built Functional or Sequential model.
        at_inference: Whether a nested model that is called with more than its inputs,
            such as `training=True`, is one call: it computes something else than its
            layers do at inference.

    Attributes:
        steps: The calls, in an order in which they can be computed.
        shapes: Shape of each tensor, batch first.
        inputs: Numbers of the model's inputs.
        outputs: Numbers of the model's outputs.
        ties: Pairs of tensors that are the same input of one nested model.
        sealed: Identities of operations in nested models that cannot be unfolded.

    Raises:
        ValueError: If the model has no graph.
    """

    def __init__(self, model: keras.Model, at_inference: bool = True) -> None:
        self._at_inference = at_inference
        self.steps: list[Step] = []
        self.shapes: list[Shape] = []
        self.ties: list[tuple[int, int]] = []
        self.sealed: set[int] = set()
        self._first_inputs: dict[int, list[int]] = {}
        graph = graph_of(model)
        self.inputs = [self._new(t) for t in graph.inputs]
        self.outputs = self._walk(graph, self.inputs, "")

    def calls(self) -> dict[int, list[Step]]:
        """The calls of each operation, under its identity."""
        found: dict[int, list[Step]] = {}
        for step in self.steps:
            found.setdefault(id(step.operation), []).append(step)
        return found

    def width(self, tensor: int) -> int:
        """Size of a tensor's last axis; 1 where it has none or of unknown size."""
        return width_of(self.shapes[tensor])

    def _new(self, tensor: Any) -> int:
        self.shapes.append(tuple(tensor.shape))
        return len(self.shapes) - 1

    def _walk(self, graph: Any, inputs: list[int], prefix: str) -> list[int]:
        known = dict(zip(map(id, graph.inputs), inputs, strict=True))
        for node in graph_nodes(graph):
            if node.is_input or any(id(t) not in known for t in node.input_tensors):
                continue
            numbers = [known[id(t)] for t in node.input_tensors]
            results = self._through(node, numbers, prefix)
            known.update(zip(map(id, node.outputs), results, strict=True))
        return [known[id(t)] for t in graph.outputs]

    def _through(self, node: Any, numbers: list[int], prefix: str) -> list[int]:
        operation = node.operation
        path = prefix + operation.name
        if is_graph(operation):
            graph = graph_of(operation)
            if self._fits(graph, node):
                first = self._first_inputs.setdefault(id(graph), numbers)
                self.ties.extend(zip(first, numbers, strict=True))
                return self._walk(graph, numbers, path + "/")
            self.sealed.update(id(inner) for inner in all_layers(operation))
        outputs = [self._new(t) for t in node.outputs]
        self.steps.append(Step(operation, path, tuple(numbers), tuple(outputs), node))
        return outputs

    def _fits(self, graph: Any, node: Any) -> bool:
        """Whether the nested model is called plainly, on tensors as it declares."""
        outer, inner = node.input_tensors, graph.inputs
        return (
            (not self._at_inference or _is_plain(node.arguments))
            and len(outer) == len(inner)
            and all(
                len(a.shape) == len(b.shape) and a.shape[-1] == b.shape[-1]
                for a, b in zip(outer, inner, strict=True)
            )
        )


def _is_plain(call: Any) -> bool:
    """Whether a call is given its inputs only; `training=False` changes nothing."""
    others = {**call.kwargs, "training": call.kwargs.get("training") or None}
    return len(call.args) == 1 and all(
        value is None for value in keras.tree.flatten(others)
    )
