"""How much working memory a file needs at least."""

import math
from typing import Any

from hypermask_tf.export.write import flatbuffer

ALIGNMENT = 16


def activation_bytes(content: bytes) -> int:
    """Returns the largest sum of activations that must be alive at one time.

    Every tensor that is computed lives from the operator that writes it to the last
    one that reads it, rounded up to 16 bytes; weights that are unpacked from a
    smaller form (`DEQUANTIZE`, `DENSIFY`) live all the time. No arena can be
    smaller; for a chain of layers one of this size is enough for the activations.
    What a runtime keeps besides (nodes, packed weights, scratch buffers) is its own.
    `RESHAPE` counts as a copy.

    Args:
        content: a `.tflite` file of static shapes. What loops and branches run is
            counted on top of the main graph, the largest of them once.
    """
    model = flatbuffer.unpack(content)
    main, *inner = (_peak(model, graph) for graph in model.subgraphs)
    return main + max(inner, default=0)


def _peak(model: Any, graph: Any) -> int:
    first, last = _lives(model, graph)
    sizes = {
        index: _bytes(graph.tensors[index])
        for index in first
        if not _is_constant(model, graph.tensors[index])
    }
    return max(
        (
            sum(size for t, size in sizes.items() if first[t] <= step <= last[t])
            for step in range(len(graph.operators or ()))
        ),
        default=0,
    )


def _lives(model: Any, graph: Any) -> tuple[dict[int, int], dict[int, int]]:
    first = {int(t): 0 for t in graph.inputs}
    last = dict(first)
    for step, op in enumerate(graph.operators or ()):
        for tensor in op.outputs:
            first.setdefault(int(tensor), step)
            last[int(tensor)] = step
        for tensor in op.inputs:
            if int(tensor) in first:
                last[int(tensor)] = step
    for tensor in (*graph.outputs, *_unpacked_weights(model, graph)):
        last[int(tensor)] = len(graph.operators or ()) - 1
    for tensor in _unpacked_weights(model, graph):
        first[tensor] = 0
    return first, last


def _unpacked_weights(model: Any, graph: Any) -> list[int]:
    """The tensors that are computed from constants alone."""
    found: list[int] = []
    for op in graph.operators or ():
        if all(
            int(tensor) in found or _is_constant(model, graph.tensors[tensor])
            for tensor in op.inputs
        ):
            found += [int(tensor) for tensor in op.outputs]
    return found


def _is_constant(model: Any, tensor: Any) -> bool:
    return model.buffers[tensor.buffer].data is not None


def _bytes(tensor: Any) -> int:
    from ai_edge_litert import schema_py_generated as schema

    kinds = schema.TensorType
    width = {kinds.INT8: 1, kinds.UINT8: 1, kinds.INT16: 2, kinds.FLOAT16: 2}
    width |= {kinds.BOOL: 1, kinds.INT64: 8}
    size = math.prod(int(n) for n in tensor.shape) * width.get(tensor.type, 4)
    return -(-size // ALIGNMENT) * ALIGNMENT
