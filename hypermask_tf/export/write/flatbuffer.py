"""`.tflite` bytes ↔ the object tree of the public schema, without TensorFlow."""

import functools
from typing import Any

ALIGNMENT = 16  # what the schema demands of a buffer, and TFLM's kernels rely on


def unpack(content: bytes) -> Any:
    """Returns the `ModelT` of a `.tflite` file.

    Raises:
        ValueError: when the bytes are not a `.tflite` file.
    """
    from ai_edge_litert import schema_py_generated as schema

    if content[4:8] != b"TFL3":
        raise ValueError(
            "Expected the bytes of a .tflite file (identifier b'TFL3' at offset 4). "
            f"Received: {len(content)} bytes with {content[4:8]!r}"
        )
    try:
        model = schema.ModelT.InitFromPackedBuf(content, 0)
        for buffer in model.buffers:
            if buffer.offset:  # large files keep buffers after the flatbuffer
                buffer.data = content[buffer.offset : buffer.offset + buffer.size]
                buffer.offset = buffer.size = 0
    except Exception as error:  # flatbuffers raises whatever the bytes lead it to
        raise ValueError(f"The .tflite file is damaged: {error}") from error
    return model


def pack(model: Any) -> bytes:
    """Returns the bytes of a `ModelT`, with every buffer aligned to 16 bytes.

    The generated Python classes forget the alignment that the schema asks for.
    """
    import flatbuffers

    builder = flatbuffers.Builder(1 << 16)
    for buffer in model.buffers:
        buffer.Pack = functools.partial(_pack_buffer, buffer)
    try:
        builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    finally:
        for buffer in model.buffers:
            del buffer.Pack
    return bytes(builder.Output())


def _pack_buffer(buffer: Any, builder: Any) -> int:
    from ai_edge_litert import schema_py_generated as schema

    data = b"" if buffer.data is None else bytes(buffer.data)
    vector = _byte_vector(builder, data) if data else None
    schema.BufferStart(builder)
    if vector is not None:
        schema.BufferAddData(builder, vector)
    return int(schema.BufferEnd(builder))


def _byte_vector(builder: Any, data: bytes) -> int:
    builder.StartVector(1, len(data), ALIGNMENT)
    builder.head = builder.Head() - len(data)
    builder.Bytes[builder.Head() : builder.Head() + len(data)] = data
    return int(builder.EndVector())


def text(value: bytes | str | None) -> str:
    """Returns a name of the schema as text; a missing one is empty."""
    return value.decode() if isinstance(value, bytes) else value or ""


def signature_names(model: Any) -> tuple[dict[int, str], dict[int, str]]:
    """Returns what the signature calls inputs and outputs, by number of tensor."""
    if not model.signatureDefs:
        return {}, {}
    inputs, outputs = (
        {int(part.tensorIndex): text(part.name) for part in parts or ()}
        for parts in (model.signatureDefs[0].inputs, model.signatureDefs[0].outputs)
    )
    return inputs, outputs


def input_names(model: Any) -> list[str]:
    """Returns the names of the inputs, in the order of the graph."""
    names, _ = signature_names(model)
    return [names[int(index)] for index in model.subgraphs[0].inputs]


def output_names(model: Any) -> list[str]:
    """Returns the names of the outputs, in the order of the graph."""
    _, names = signature_names(model)
    return [names[int(index)] for index in model.subgraphs[0].outputs]


def builtin_code(model: Any, op: Any) -> int:
    """Returns which builtin operator an `OperatorT` is; old files have one field."""
    code = model.operatorCodes[op.opcodeIndex]
    return max(int(code.builtinCode), int(code.deprecatedBuiltinCode))
