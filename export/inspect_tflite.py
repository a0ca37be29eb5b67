"""Look inside a `.tflite` file, without TensorFlow."""

import dataclasses
from typing import Any

import numpy as np

# Constant tensors of these types are weights; integer shapes and axes are not.
WEIGHT_TYPES: dict[str, np.dtype[Any]] = {
    "FLOAT32": np.dtype(np.float32),
    "FLOAT16": np.dtype(np.float16),
    "INT8": np.dtype(np.int8),
    "UINT8": np.dtype(np.uint8),
    "INT16": np.dtype(np.int16),
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
    >>> from export.convert import convert
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    >>> inspect_tflite(convert(model)).ops
    ('FULLY_CONNECTED',)
    """
    from ai_edge_litert import schema_py_generated as schema

    if content[4:8] != b"TFL3":
        raise ValueError(
            "Expected the bytes of a .tflite file (identifier b'TFL3' at offset 4). "
            f"Received: {len(content)} bytes with {content[4:8]!r}"
        )
    try:
        model = schema.ModelT.InitFromPackedBuf(content, 0)
        ops, custom_ops = _op_names(schema, model)
        return FileInspection(
            ops=ops,
            custom_ops=custom_ops,
            weights=_weights(schema, model, content),
            signatures=tuple(
                _text(signature.signatureKey) for signature in model.signatureDefs or ()
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
            builtin = max(code.builtinCode, code.deprecatedBuiltinCode)
            if builtin == schema.BuiltinOperator.CUSTOM:
                custom.add(_text(code.customCode))
            else:
                ops.add(names.get(builtin, f"UNKNOWN_{builtin}"))
    return tuple(sorted(ops)), tuple(sorted(custom))


def _weights(schema: Any, model: Any, content: bytes) -> tuple[WeightTensor, ...]:
    names = {value: name for name, value in vars(schema.TensorType).items()}
    weights = []
    for subgraph in model.subgraphs:
        for tensor in subgraph.tensors:
            dtype = names.get(tensor.type, "UNKNOWN")
            data = _data(model.buffers[tensor.buffer], content)
            if dtype in WEIGHT_TYPES and len(data):
                weights.append(_weight(tensor, dtype, data))
    return tuple(weights)


def _weight(tensor: Any, dtype: str, data: bytes) -> WeightTensor:
    shape = () if tensor.shape is None else tuple(int(n) for n in tensor.shape)
    values = np.frombuffer(data, WEIGHT_TYPES[dtype]).reshape(shape)
    return WeightTensor(
        name=_text(tensor.name),
        shape=shape,
        dtype=dtype.lower(),
        size=values.size,
        zeros=int(np.count_nonzero(values == _zero_point(tensor, values.ndim))),
        bytes=len(data),
    )


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


def _data(buffer: Any, content: bytes) -> bytes:
    if buffer.offset:  # files over 2 GB keep their buffers after the flatbuffer
        return content[buffer.offset : buffer.offset + buffer.size]
    return b"" if buffer.data is None else bytes(buffer.data)


def _text(value: bytes | str | None) -> str:
    return value.decode() if isinstance(value, bytes) else value or ""
