"""The JSON beside an exported file: all that a device needs to know, and the proof."""

import dataclasses
import hashlib
import importlib.metadata
import json
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hypermask_tf.export.bake import BakedTask
from hypermask_tf.export.measure.latency import Latency
from hypermask_tf.export.measure.sizes import gzip_bytes, zstd_bytes
from hypermask_tf.export.quantize.recipe import FLOAT32
from hypermask_tf.export.saved_model import SIGNATURE
from hypermask_tf.export.task_info import TaskInfo
from hypermask_tf.export.variant import Variant

SCHEMA_VERSION = 1
PACKAGES = (
    "hypermask_tf",
    "tensorflow",
    "keras",
    "ai-edge-litert",
    "litert-quantizer",
    "numpy",
)


@dataclasses.dataclass(frozen=True)
class Sidecar:
    """The description of one exported and verified file.

    Args:
        file: name of the `.tflite` file.
        baked: the task it was made from.
        variant: the file, and how it compares with its Keras model.
        gate_split: which data decided that it is good.
        stands_for: the recipes asked for that it serves: its own, or smaller ones
            that were not good enough.
        latency: time of a prediction, once measured.
        beside: the dense baseline's in the same rounds, where it was measured.
        from_waves: accuracy on the test set where the run's front end makes the
            features, in 0..1; `None` without a front end.
    """

    file: str
    baked: BakedTask
    variant: Variant
    gate_split: str
    stands_for: tuple[str, ...]
    latency: Latency | None = None
    beside: Latency | None = None
    from_waves: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Returns a dictionary of plain types."""
        task, variant = self.baked.info, self.variant
        return {
            "schema_version": SCHEMA_VERSION,
            "file": self.file,
            "sha256": hashlib.sha256(variant.content).hexdigest(),
            "source": dict(task.source),
            "task": _named(task),
            "model_version": task.version,
            "labels": [dict(label) for label in task.labels],
            "preprocessing": dict(task.preprocessing),
            "signature": SIGNATURE,
            **described("input", variant.inputs),
            **described("output", variant.outputs),
            "quantization": variant.quantization,
            "stands_for": list(self.stands_for),
            "sparse": variant.sparse,
            "bytes": len(variant.content),
            "gzip_bytes": gzip_bytes(variant.content),
            "zstd_bytes": zstd_bytes(variant.content),
            "keras_weights": dataclasses.asdict(self.baked.weights),
            "file_weights": {
                "parameters": variant.inspection.num_weights,
                "zeros": variant.inspection.num_zeros,
            },
            "macs": self.baked.macs,
            "activation_bytes": variant.activation_bytes,
            "ops": list(variant.inspection.ops),
            "kernels": variant.kernels.to_json(),
            "latency": None if self.latency is None else self._latency(self.latency),
            "gate": {"split": self.gate_split, **variant.gate.to_json()},
            "verification": self._verification(),
            "versions": package_versions(),
        }

    def _verification(self) -> dict[str, Any]:
        split, found = self.baked.test_split, self.variant.verification.to_json()
        if self.from_waves is not None:
            found["tflite_accuracy_from_waves"] = self.from_waves
        return found if split == "test" else {"split": split, **found}

    def _latency(self, latency: Latency) -> dict[str, Any]:
        values = latency.to_json()
        if self.beside is not None:
            values["baseline_median_us"] = self.beside.median
            values["baseline_fastest_us"] = self.beside.fastest
        return values


def _named(task: TaskInfo) -> dict[str, Any]:
    named = {"index": task.index, "name": task.name}
    return named if task.learned == 1 else {**named, "version": task.learned}


def described(kind: str, tensors: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Returns inputs or outputs of a file: one by itself, several in a list."""
    entries = [{"name": name, **values} for name, values in tensors.items()]
    return {kind: entries[0]} if len(entries) == 1 else {f"{kind}s": entries}


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


def _plain(value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    raise TypeError(
        "Expected numbers, strings, lists and dictionaries for JSON. "
        f"Received: {value!r} of type {type(value).__name__}"
    )
