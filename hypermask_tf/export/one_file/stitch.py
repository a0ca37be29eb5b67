"""Put verified files into one: a subgraph and a signature each, buffers once."""

import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from hypermask_tf.export.write import flatbuffer
from hypermask_tf.export.write.metadata import (
    DESCRIPTION_ENTRY,
    add_entry,
    read_description,
)
from hypermask_tf.export.write.slim import share_buffers

# The one entry that runtimes read; the others describe a network alone.
_RUNTIME_ENTRY = "min_runtime_version"


def stitch(parts: Mapping[str, bytes]) -> bytes:
    """Returns one `.tflite` file that computes what each of several files does.

    Each network stays a graph of its own, behind a signature of the name it is given.
    Constants of equal bytes are stored once, also where their scales differ, since
    scales belong to the tensor and not to its buffer. Equal files in equal order give
    equal bytes.

    Args:
        parts: contents of `.tflite` files by the name of the signature. Each has one
            signature, and the description that the export tool writes.

    Raises:
        ValueError: when a content is not such a file, or there is none.
    """
    if not parts:
        raise ValueError("Expected files to put into one. Received: none")
    models = {key: flatbuffer.unpack(content) for key, content in parts.items()}
    whole = next(iter(models.values()))
    needed = [found for model in models.values() for found in _runtime(model)]
    tasks = []
    for key, content in parts.items():
        tasks.append({"signature": key, **read_description(content)})
        _rename_signature(models[key], key)
        if models[key] is not whole:
            _append(whole, models[key])
    whole.metadata = []
    if needed:
        add_entry(whole, _RUNTIME_ENTRY, max(needed, key=_numbers))
    text = json.dumps({"tasks": tasks}, separators=(",", ":"))
    add_entry(whole, DESCRIPTION_ENTRY, text.encode())
    share_buffers(whole)
    return flatbuffer.pack(whole)


def _runtime(model: Any) -> list[bytes]:
    """Returns the oldest version of the runtime that a model says it can do with."""
    return [
        bytes(model.buffers[entry.buffer].data)
        for entry in model.metadata or ()
        if flatbuffer.text(entry.name) == _RUNTIME_ENTRY
    ]


def _numbers(version: bytes) -> list[int]:
    return [int(number) for number in re.findall(rb"\d+", version)]


def _rename_signature(model: Any, key: str) -> None:
    signatures = list(model.signatureDefs or ())
    if len(signatures) != 1:
        raise ValueError(
            "Expected a file with one signature, as the export tool writes it. "
            f"Received: {len(signatures)} in the file of {key!r}"
        )
    signatures[0].signatureKey = key


def _append(whole: Any, model: Any) -> None:
    """Moves graphs, signature and constants of a model into another, in place."""
    graphs, buffers = len(whole.subgraphs), len(whole.buffers)
    codes = [_operator_code(whole, code) for code in model.operatorCodes]
    whole.buffers += model.buffers
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            tensor.buffer += buffers
        for op in graph.operators or ():
            op.opcodeIndex = codes[op.opcodeIndex]
            _move_graph_numbers(op.builtinOptions, graphs)
            _move_graph_numbers(op.builtinOptions2, graphs)
        whole.subgraphs.append(graph)
    for signature in model.signatureDefs:
        signature.subgraphIndex += graphs
        whole.signatureDefs.append(signature)


def _operator_code(whole: Any, code: Any) -> int:
    """Returns the number of an equal operator code, which is added where none is."""
    for number, known in enumerate(whole.operatorCodes):
        if vars(known) == vars(code):
            return number
    whole.operatorCodes.append(code)
    return len(whole.operatorCodes) - 1


def _move_graph_numbers(options: Any, by: int) -> None:
    """Loops and branches name their graphs by number; the schema says where."""
    if options is None:
        return
    for name, value in vars(options).items():
        # `subgraph` of a call, `bodySubgraphIndex` of a loop, a list of a case. A
        # graph that is not there has a negative number.
        lower = name.lower()
        if lower == "subgraph" or lower.endswith("subgraphindex"):
            setattr(options, name, value + by if value >= 0 else value)
        elif lower.endswith("subgraphindices") and value is not None:
            setattr(options, name, np.asarray(value, np.int32) + by)
