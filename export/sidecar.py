"""The JSON beside an exported file: all that a device needs to know, and the proof."""

import dataclasses
import gzip
import hashlib
import importlib.metadata
import json
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from export.convert import FLOAT32, INPUT_NAME, OUTPUT_NAME, SIGNATURE
from export.inspect_tflite import FileInspection
from export.verify import Verification

SCHEMA_VERSION = 1
PACKAGES = ("hypermask_tf", "tensorflow", "keras", "ai-edge-litert", "numpy")


@dataclasses.dataclass(frozen=True)
class WeightCount:
    """How many weights a Keras model has, and how many are exactly 0."""

    parameters: int
    zeros: int


@dataclasses.dataclass(frozen=True)
class TaskInfo:
    """What a device must know about the task of a file.

    Args:
        index: number of the task in its run, from 0.
        name: name of the task.
        labels: one entry an output: `index`, the original `class`, its `name`.
        input_shape: shape of one example.
        num_outputs: how many logits; more than labels where tasks share a wide head.
        preprocessing: how raw data becomes an example.
        source: the run it comes from: `benchmark`, `seed`.
    """

    index: int
    name: str
    labels: tuple[Mapping[str, Any], ...]
    input_shape: tuple[int, ...]
    num_outputs: int
    preprocessing: Mapping[str, Any]
    source: Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Sidecar:
    """The description of one exported and verified file.

    Args:
        file: name of the `.tflite` file.
        quantization: `"float32"` or `"dynamic_int8"`.
        content: the bytes of the file.
        task: what the file classifies.
        keras_weights: counted in the baked Keras model.
        inspection: what is inside the file.
        verification: how it compares with its Keras model.
    """

    file: str
    quantization: str
    content: bytes = dataclasses.field(repr=False)
    task: TaskInfo
    keras_weights: WeightCount
    inspection: FileInspection
    verification: Verification

    def to_json(self) -> dict[str, Any]:
        """Returns a dictionary of plain types; equal files give equal dictionaries."""
        task = self.task
        return {
            "schema_version": SCHEMA_VERSION,
            "file": self.file,
            "sha256": hashlib.sha256(self.content).hexdigest(),
            "source": dict(task.source),
            "task": {"index": task.index, "name": task.name},
            "labels": [dict(label) for label in task.labels],
            "preprocessing": dict(task.preprocessing),
            "signature": SIGNATURE,
            "input": _tensor(INPUT_NAME, task.input_shape),
            "output": _tensor(OUTPUT_NAME, (task.num_outputs,)),
            "quantization": self.quantization,
            "bytes": len(self.content),
            "gzip_bytes": len(gzip.compress(self.content, 9, mtime=0)),
            "keras_weights": dataclasses.asdict(self.keras_weights),
            "file_weights": {
                "parameters": self.inspection.num_weights,
                "zeros": self.inspection.num_zeros,
            },
            "ops": list(self.inspection.ops),
            "verification": self.verification.to_json(),
            "versions": package_versions(),
        }


def stem(task: int, quantization: str) -> str:
    """Returns the file name of a task without its ending.

    Example:

    >>> stem(0, "float32"), stem(12, "dynamic_int8")
    ('task_00', 'task_12.dynamic_int8')
    """
    name = f"task_{task:02d}"
    return name if quantization == FLOAT32 else f"{name}.{quantization}"


def package_versions() -> dict[str, str]:
    """Returns the versions of Python and of the packages a file depends on."""
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Writes JSON whole or not at all.

    Raises:
        ValueError: when `content` holds NaN or infinity.
        TypeError: when `content` holds something JSON cannot express.
    """
    text = json.dumps(content, indent=2, allow_nan=False, default=_plain)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text + "\n", encoding="utf-8")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _tensor(name: str, shape: tuple[int, ...]) -> dict[str, Any]:
    return {"name": name, "shape": [1, *shape], "dtype": "float32"}


def _plain(value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    raise TypeError(
        "Expected numbers, strings, lists and dictionaries for JSON. "
        f"Received: {value!r} of type {type(value).__name__}"
    )
