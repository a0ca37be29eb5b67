"""One file for all tasks of a run: from a wave to the input of their networks."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hypermask_tf import files
from hypermask_tf.export.convert import ConversionJob, convert_files
from hypermask_tf.export.front_end.check import FrontEndCheck, compare_features
from hypermask_tf.export.front_end.log_mel_graph import write_log_mel
from hypermask_tf.export.inspect_tflite import inspect_tflite
from hypermask_tf.export.interpreter import make_interpreter, run_tflite, tensors
from hypermask_tf.export.measure.kernels import kernels
from hypermask_tf.export.measure.latency import Latency
from hypermask_tf.export.measure.memory import activation_bytes
from hypermask_tf.export.measure.sizes import gzip_bytes, zstd_bytes
from hypermask_tf.export.quantize.recipe import FLOAT32
from hypermask_tf.export.saved_model import SIGNATURE
from hypermask_tf.export.sidecar import (
    SCHEMA_VERSION,
    described,
    package_versions,
    write_json,
)
from hypermask_tf.export.variant import tensor_json
from hypermask_tf.export.write.flatbuffer import pack, unpack
from hypermask_tf.export.write.slim import slim

FRONT_END = "log_mel.tflite"


class FrontEndError(RuntimeError):
    """A front end cannot be converted, or is outside tolerance."""


@dataclasses.dataclass(frozen=True)
class FrontEnd:
    """A file that turns a wave into what the networks of a run take.

    Args:
        content: its bytes.
        preprocessing: the steps that it does, see `scenarios.preprocess`.
        features: what it makes of the test sets, by number of task.
        check: how these compare with what the tasks were learned from.
        latency: time of a call, once measured.
    """

    content: bytes = dataclasses.field(repr=False)
    preprocessing: Mapping[str, Any] = dataclasses.field(repr=False)
    features: Mapping[int, np.ndarray] = dataclasses.field(repr=False)
    check: FrontEndCheck
    latency: Latency | None = None

    def to_json(self) -> dict[str, Any]:
        """Returns a dictionary of plain types."""
        content = self.content
        interpreter = make_interpreter(content)
        inputs, outputs = (
            {name: tensor_json(details) for name, details in of.items()}
            for of in tensors(interpreter)
        )
        return {
            "schema_version": SCHEMA_VERSION,
            "kind": "front_end",
            "file": FRONT_END,
            "sha256": hashlib.sha256(content).hexdigest(),
            "sample_rate": self.preprocessing["sample_rate"],
            "preprocessing": dict(self.preprocessing),
            "signature": SIGNATURE,
            **described("input", inputs),
            **described("output", outputs),
            "bytes": len(content),
            "gzip_bytes": gzip_bytes(content),
            "zstd_bytes": zstd_bytes(content),
            "activation_bytes": activation_bytes(content),
            "ops": list(inspect_tflite(content).ops),
            "kernels": kernels(interpreter).to_json(),
            "latency": None if self.latency is None else self.latency.to_json(),
            "verification": self.check.to_json(),
            "versions": package_versions(),
        }

    def publish(self, folder: Path) -> None:
        """Writes the file into a folder, and its JSON after it as the seal."""
        path = folder / FRONT_END
        with files.replacing(path) as temporary:
            temporary.write_bytes(self.content)
        write_json(path.with_suffix(".json"), self.to_json())


def make_front_end(
    tasks: Sequence[Any], work: Path, content: bytes | None = None
) -> FrontEnd:
    """Makes the front end of tasks and runs it over their test sets in LiteRT.

    Args:
        tasks: tasks of a scenario, which share their preprocessing.
        work: a folder for working files.
        content: the file, where it is there already.

    Raises:
        FrontEndError: when it cannot be converted, or makes other features than those
            that the tasks were learned from.
    """
    preprocessing = tasks[0].preprocessing
    waves = raw_waves(tasks)
    window = next(iter(waves.values())).shape[1]
    content = content or _converted(window, preprocessing, work)
    custom = inspect_tflite(content).custom_ops
    if custom:
        raise FrontEndError(f"ops that are not builtin: {', '.join(custom)}")
    features = {task: run_tflite(content, wave) for task, wave in waves.items()}
    check = check_features(tasks, features)
    if check.failures:
        raise FrontEndError("; ".join(check.failures))
    return FrontEnd(content, preprocessing, features, check)


def check_features(
    tasks: Sequence[Any], features: Mapping[int, np.ndarray]
) -> FrontEndCheck:
    """Compares features of the test sets with those that tasks were learned from."""
    wanted = {task.index: task.test[0] for task in tasks}
    scale = tasks[0].preprocessing.get("scale", 1.0)
    return compare_features(wanted, features, scale)


def raw_waves(tasks: Sequence[Any]) -> dict[int, np.ndarray]:
    """Returns the waves of the test sets, `(n, window)`, by number of task."""
    waves = {task.index: task.raw("test") for task in tasks}
    return {task: raw.reshape(len(raw), -1) for task, raw in waves.items()}


def _converted(window: int, preprocessing: Mapping[str, Any], work: Path) -> bytes:
    source = work / "front_end"
    write_log_mel(source, window, preprocessing)
    job = ConversionJob(source, work / FRONT_END, FLOAT32, (window,))
    for conversion in convert_files([job]):
        if conversion.error:
            raise FrontEndError(conversion.error)
    model = unpack(job.tflite_path.read_bytes())
    slim(model)
    return pack(model)


def read_front_end(folder: Path) -> dict[str, Any] | None:
    """Returns the JSON of a front end whose bytes are those verified; else `None`."""
    path = folder / FRONT_END
    try:
        entry = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        intact = entry["sha256"] == files.sha256(path)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return entry if intact else None
