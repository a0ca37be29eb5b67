"""Look inside a `.tflite` file, without TensorFlow."""

import dataclasses
from typing import Any

import numpy as np

from hypermask_tf.export.encode.csr import dense_values
from hypermask_tf.export.write import flatbuffer

# Constant tensors of these types are weights; integer shapes and axes are not.
WEIGHT_TYPES: dict[str, np.dtype[Any]] = {
    "FLOAT32": np.dtype(np.float32),
    "FLOAT16": np.dtype(np.float16),
    "INT8": np.dtype(np.int8),
    "UINT8": np.dtype(np.uint8),
    "INT16": np.dtype(np.int16),
    "INT4": np.dtype(np.int8),  # two in a byte
}


@dataclasses.dataclass(frozen=True)
class WeightTensor:
    """One constant tensor: its stored bytes and how many of its values are 0."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    size: int
    zeros: int
    bytes: int
    sparse: bool = False


@dataclasses.dataclass(frozen=True)
class FileInspection:
    """The ops and weights of a `.tflite` file.

    Args:
        ops: names of the builtin ops in use, sorted.
        custom_ops: names of custom ops, sorted; Flex ops start with `Flex`.
        weights: the constant number tensors, in file order.
        signatures: names of the signatures.
    """

    ops: tuple[str, ...]
    custom_ops: tuple[str, ...]
    weights: tuple[WeightTensor, ...]
    signatures: tuple[str, ...]

    @property
    def num_weights(self) -> int:
        """How many numbers the weight tensors hold."""
        return sum(weight.size for weight in self.weights)

    @property
    def num_zeros(self) -> int:
        """How many of them are exactly 0."""
        return sum(weight.zeros for weight in self.weights)

    def to_json(self) -> dict[str, Any]:
        """Returns a dictionary of plain types."""
        return dataclasses.asdict(self)


def inspect_tflite(content: bytes) -> FileInspection:
    """Reads ops, signatures and weight tensors from the bytes of a `.tflite` file.

    Raises:
        ValueError: when the bytes are not a readable `.tflite` file.

    Example:

    >>> import keras
    >>> from hypermask_tf.export.convert import convert
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    >>> inspect_tflite(convert(model)).ops
    ('FULLY_CONNECTED',)
    """
    from ai_edge_litert import schema_py_generated as schema

    model = flatbuffer.unpack(content)
    try:
        ops, custom_ops = _op_names(schema, model)
        return FileInspection(
            ops=ops,
            custom_ops=custom_ops,
            weights=_weights(schema, model),
            signatures=tuple(
                flatbuffer.text(signature.signatureKey)
                for signature in model.signatureDefs or ()
            ),
        )
    except Exception as error:  # flatbuffers raises whatever the bytes lead it to
        raise ValueError(f"The .tflite file is damaged: {error}") from error


def _op_names(schema: Any, model: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    names = {
        value: name
        for name, value in vars(schema.BuiltinOperator).items()
        if isinstance(value, int)
    }
    ops, custom = set(), set()
    for subgraph in model.subgraphs:
        for op in subgraph.operators or ():
            code = model.operatorCodes[op.opcodeIndex]
            builtin = flatbuffer.builtin_code(model, op)
            if builtin == schema.BuiltinOperator.CUSTOM:
                custom.add(flatbuffer.text(code.customCode))
            else:
                ops.add(names.get(builtin, f"UNKNOWN_{builtin}"))
    return tuple(sorted(ops)), tuple(sorted(custom))


def _weights(schema: Any, model: Any) -> tuple[WeightTensor, ...]:
    names = {value: name for name, value in vars(schema.TensorType).items()}
    weights = []
    for subgraph in model.subgraphs:
        for tensor in subgraph.tensors:
            dtype = names.get(tensor.type, "UNKNOWN")
            data = model.buffers[tensor.buffer].data
            if dtype in WEIGHT_TYPES and data is not None and len(data):
                weights.append(_weight(tensor, dtype, bytes(data)))
    return tuple(weights)


def _weight(tensor: Any, dtype: str, data: bytes) -> WeightTensor:
    shape = () if tensor.shape is None else tuple(int(n) for n in tensor.shape)
    values = np.frombuffer(data, WEIGHT_TYPES[dtype])
    if dtype == "INT4":
        values = unpack_int4(values, int(np.prod(shape)))
    if tensor.sparsity is not None:
        values = dense_values(tensor, values)
    values = values.reshape(shape)
    return WeightTensor(
        name=flatbuffer.text(tensor.name),
        shape=shape,
        dtype=dtype.lower(),
        size=values.size,
        zeros=int(np.count_nonzero(values == _zero_point(tensor, values.ndim))),
        bytes=len(data),
        sparse=tensor.sparsity is not None,
    )


def unpack_int4(packed: np.ndarray, size: int) -> np.ndarray:
    """Returns 4-bit numbers one by one: the lower half of each byte comes first.

    Example:

    >>> unpack_int4(np.array([0x2F, 0x08], np.uint8).view(np.int8), 3)
    array([-1,  2, -8], dtype=int8)
    """
    low, high = packed << 4 >> 4, packed >> 4
    return np.stack([low, high], axis=-1).astype(np.int8).reshape(-1)[:size]


def _zero_point(tensor: Any, rank: int) -> np.ndarray:
    """Returns the stored number that means 0, shaped to broadcast."""
    quantization = tensor.quantization
    if quantization is None or quantization.zeroPoint is None:
        return np.zeros(())
    points = np.asarray(quantization.zeroPoint)
    if points.size <= 1:
        return points.reshape(()) if points.size else np.zeros(())
    shape = [1] * rank
    shape[quantization.quantizedDimension] = points.size
    return points.reshape(shape)
