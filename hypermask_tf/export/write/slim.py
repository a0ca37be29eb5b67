"""Take out of a file what no runtime reads."""

from typing import Any

from hypermask_tf.export.write import flatbuffer

# How the file was made: versions and flags of the converter.
_UNREAD = ("CONVERSION_METADATA",)


def slim(model: Any) -> None:
    """Removes names, ranges and conversion notes from a `ModelT`, in place.

    Signatures stay: they have names of their own. Input and output tensors have
    these names too, since some runtimes look tensors up by name. The
    `strip_strings` of LiteRT's own tools would delete the signatures.
    """
    model.description = None
    model.metadata = [
        entry
        for entry in model.metadata or []
        if (entry.name or b"").decode() not in _UNREAD
    ]
    for subgraph in model.subgraphs:
        subgraph.name = None
        for tensor in subgraph.tensors:
            tensor.name = None
            _slim_quantization(tensor)
    for names in flatbuffer.signature_names(model):
        for index, name in names.items():
            model.subgraphs[0].tensors[index].name = name
    share_buffers(model)


def _slim_quantization(tensor: Any) -> None:
    if tensor.quantization is None:
        return
    # The ranges that scales were computed from; runtimes read scales only.
    tensor.quantization.min = tensor.quantization.max = None
    if tensor.quantization.scale is None:
        tensor.quantization = None


def share_buffers(model: Any) -> None:
    """Keeps one buffer for equal contents, and none that nobody points to, in place."""
    from ai_edge_litert import schema_py_generated as schema

    buffers = [schema.BufferT()]  # buffer 0 is empty by convention
    seen = {b"": 0}

    def moved(index: int) -> int:
        data = model.buffers[index].data
        content = b"" if data is None else bytes(data)
        if content not in seen:
            seen[content] = len(buffers)
            buffers.append(model.buffers[index])
        return seen[content]

    for subgraph in model.subgraphs:
        for tensor in subgraph.tensors:
            tensor.buffer = moved(tensor.buffer)
    for entry in model.metadata:
        entry.buffer = moved(entry.buffer)
    model.buffers = buffers
