"""Leave zeros out of a file: constant weights in sparse form, unpacked at load."""

from typing import Any

import numpy as np

from hypermask_tf.export.encode.csr import sparse_bytes, sparsity_parameters
from hypermask_tf.export.write import flatbuffer

# What a tensor and an operator more cost in a file, about.
OVERHEAD = 256


def encode_sparse(content: bytes) -> bytes | None:
    """Returns the file with weights in sparse form wherever that is smaller.

    A sparse tensor goes through a `DENSIFY` operator, which the runtime executes
    once, at load: the file is smaller, memory and latency stay as they are. Only
    weights that are computed with in floats are touched; int8 weights that feed
    integer kernels fail to load under the default delegate when they are sparse,
    and TensorFlow Lite Micro knows no `DENSIFY`.

    Args:
        content: a `.tflite` file.

    Returns:
        The smaller file, or `None` where nothing is gained.
    """
    model = flatbuffer.unpack(content)
    changed = [_encode_graph(model, graph) for graph in model.subgraphs]
    if not any(changed):
        return None
    encoded = flatbuffer.pack(model)
    return encoded if len(encoded) < len(content) else None


def _encode_graph(model: Any, graph: Any) -> bool:
    unpackers = []
    for index in range(len(graph.tensors)):
        values = _float_path_weights(model, graph, index)
        if values is None or sparse_bytes(values) + OVERHEAD >= values.nbytes:
            continue
        unpackers.append(_make_sparse(model, graph, index, values))
    graph.operators = [*unpackers, *(graph.operators or ())]
    return bool(unpackers)


def _float_path_weights(model: Any, graph: Any, index: int) -> np.ndarray | None:
    """Returns the values of a constant that only float arithmetic reads."""
    from ai_edge_litert import schema_py_generated as schema

    kinds: dict[int, Any] = {
        schema.TensorType.FLOAT32: np.float32,
        schema.TensorType.FLOAT16: np.float16,
        schema.TensorType.INT8: np.int8,
    }
    tensor = graph.tensors[index]
    data = model.buffers[tensor.buffer].data
    shape = () if tensor.shape is None else tuple(tensor.shape)
    if tensor.type not in kinds or data is None or len(shape) not in (2, 4):
        return None
    if tensor.sparsity is not None or index in graph.outputs:
        return None
    ops = schema.BuiltinOperator
    fits = {ops.DEQUANTIZE}
    if tensor.type == schema.TensorType.FLOAT32:
        fits = {ops.FULLY_CONNECTED, ops.CONV_2D}
    readers = {
        flatbuffer.builtin_code(model, op)
        for op in graph.operators or ()
        if index in op.inputs
    }
    if not readers or not readers <= fits:
        return None
    return np.frombuffer(bytes(data), kinds[tensor.type]).reshape(shape)


def _make_sparse(model: Any, graph: Any, index: int, values: np.ndarray) -> Any:
    """Replaces a dense constant by a sparse one; returns the op that unpacks it."""
    from ai_edge_litert import schema_py_generated as schema

    dense = graph.tensors[index]
    sparse, buffer = schema.TensorT(), schema.BufferT()
    sparse.shape, sparse.type, sparse.name = dense.shape, dense.type, dense.name
    sparse.quantization, sparse.hasRank = dense.quantization, dense.hasRank
    sparse.sparsity = sparsity_parameters(values)
    buffer.data = np.frombuffer(values[values != 0].tobytes(), np.uint8)
    sparse.buffer = len(model.buffers)
    model.buffers.append(buffer)
    _release(model, dense.buffer)
    dense.buffer = 0  # now it is computed, no constant
    graph.tensors.append(sparse)
    unpacker = schema.OperatorT()
    unpacker.opcodeIndex = _densify_code(model)
    unpacker.inputs = np.array([len(graph.tensors) - 1], np.int32)
    unpacker.outputs = np.array([index], np.int32)
    unpacker.builtinOptionsType = schema.BuiltinOptions.DensifyOptions
    unpacker.builtinOptions = schema.DensifyOptionsT()
    return unpacker


def _release(model: Any, buffer: int) -> None:
    """Empties a buffer that nobody but one tensor reads."""
    readers = [t for g in model.subgraphs for t in g.tensors if t.buffer == buffer]
    if len(readers) == 1:
        model.buffers[buffer].data = None


def _densify_code(model: Any) -> int:
    from ai_edge_litert import schema_py_generated as schema

    densify = schema.BuiltinOperator.DENSIFY
    for number, code in enumerate(model.operatorCodes):
        if code.builtinCode == densify:
            return number
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = densify
    code.version = 1
    model.operatorCodes.append(code)
    return len(model.operatorCodes) - 1
