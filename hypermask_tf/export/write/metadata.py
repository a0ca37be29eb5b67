"""What a file says about itself, and how to read it back."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from hypermask_tf.export.task_info import TaskInfo
from hypermask_tf.export.write import flatbuffer
from hypermask_tf.export.write.model_metadata import (
    ENTRY_NAME,
    LABELS_FILE,
    labels_file,
    model_metadata,
)

DESCRIPTION_ENTRY = "hypermask_tf"
# A list this long (a permutation of pixels) stays in the JSON beside the file.
LONGEST_LIST = 32
_NO_DATE = (1980, 1, 1, 0, 0, 0)  # equal networks give equal files


def describe(task: TaskInfo) -> dict[str, Any]:
    """Returns what the entry `hypermask_tf` of a file holds, as JSON.

    Lists longer than 32 are replaced by their length and SHA-256 (of their JSON
    without spaces); they stand in full in the JSON beside the file.
    """
    return {
        "task": {"index": task.index, "name": task.name},
        "labels": [dict(label) for label in task.labels],
        "preprocessing": _short(task.preprocessing),
        "version": task.version,
        "source": dict(task.source),
    }


def add_metadata(model: Any, task: TaskInfo) -> None:
    """Adds the two metadata entries of a task to a `ModelT`, in place."""
    description = json.dumps(describe(task), separators=(",", ":"), default=_plain)
    names = (flatbuffer.input_names(model), flatbuffer.output_names(model))
    add_entry(model, ENTRY_NAME, model_metadata(task, *names))
    add_entry(model, DESCRIPTION_ENTRY, description.encode())


def append_labels(content: bytes, task: TaskInfo) -> bytes:
    """Appends `labels.txt` as a ZIP archive, where public tools look for it.

    `unzip -p task_00.tflite labels.txt` prints it. Of several outputs each has a file
    of its own, and one without labels has none.
    """
    files = {
        labels_file(task, port.name): names
        for port in task.ports.outputs
        if (names := task.output_labels(port.name))
    }
    if not files:
        return content
    stream = io.BytesIO(content)
    with zipfile.ZipFile(stream, "a") as archive:
        for file, names in files.items():
            archive.writestr(zipfile.ZipInfo(file, _NO_DATE), "\n".join(names))
    return stream.getvalue()


def read_description(content: bytes) -> dict[str, Any]:
    """Returns what `describe` wrote into a file.

    Raises:
        ValueError: when the bytes are no `.tflite` file, or one without it.
    """
    model = flatbuffer.unpack(content)
    for entry in model.metadata or []:
        if flatbuffer.text(entry.name) == DESCRIPTION_ENTRY:
            found: dict[str, Any] = json.loads(bytes(model.buffers[entry.buffer].data))
            return found
    raise ValueError(
        f"Expected a file with the metadata entry {DESCRIPTION_ENTRY!r}. Received: "
        f"{[flatbuffer.text(entry.name) for entry in model.metadata or []]}"
    )


def read_labels(content: bytes) -> list[str]:
    """Returns the lines of the appended `labels.txt`."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(LABELS_FILE).decode().split("\n")


def add_entry(model: Any, name: str, data: bytes) -> None:
    """Adds a metadata entry to a `ModelT`, in place."""
    from ai_edge_litert import schema_py_generated as schema

    entry, buffer = schema.MetadataT(), schema.BufferT()
    entry.name, entry.buffer = name, len(model.buffers)
    buffer.data = np.frombuffer(data, np.uint8)
    model.buffers.append(buffer)
    model.metadata = [*(model.metadata or []), entry]


def _short(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _shortened(value) for key, value in values.items()}


def _shortened(value: Any) -> Any:
    items = value.tolist() if isinstance(value, np.ndarray) else value
    if not isinstance(items, (list, tuple)) or len(items) <= LONGEST_LIST:
        return value
    text = json.dumps(list(items), separators=(",", ":"), default=_plain)
    return {"length": len(items), "sha256": hashlib.sha256(text.encode()).hexdigest()}


def _plain(value: Any) -> Any:
    return value.tolist()
