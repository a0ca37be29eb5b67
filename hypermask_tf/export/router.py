"""One `.tflite` file that says task, class and confidence: build, convert, verify."""

import dataclasses
import gzip
import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hypermask_tf.export.convert import (
    FLOAT32,
    INPUT_NAME,
    OUTPUT_NAME,
    SIGNATURE,
    ConversionJob,
    convert_files,
)
from hypermask_tf.export.inspect_tflite import FileInspection, inspect_tflite
from hypermask_tf.export.interpreter import run_tflite
from hypermask_tf.export.router_check import RouterCheck, compare
from hypermask_tf.export.sidecar import package_versions, write_json

SCHEMA_VERSION = 1


class RouterError(RuntimeError):
    """A router cannot be converted, or is outside tolerance."""


@dataclasses.dataclass(frozen=True)
class TestSet:
    """Inputs of all tasks, with task and class of each, `(n, 2)`."""

    x: np.ndarray
    truth: np.ndarray

    @classmethod
    def of(cls, tasks: Sequence[Any]) -> "TestSet":
        """The test sets of tasks, one behind the other."""
        parts = [task.test for task in tasks]
        truth = [
            np.stack([np.full(len(y), task.index), y], axis=1)
            for task, (_, y) in zip(tasks, parts, strict=True)
        ]
        return cls(np.concatenate([x for x, _ in parts]), np.concatenate(truth))


def router_name(quantization: str) -> str:
    """Returns the name of a router's file, without its ending.

    Example:

    >>> router_name("float32"), router_name("float16")
    ('router', 'router.float16')
    """
    return "router" if quantization == FLOAT32 else f"router.{quantization}"


def export_router(
    model: Any,
    facts: dict[str, Any],
    tests: TestSet,
    quantization: str,
    folder: Path,
    name: str,
    max_accuracy_drop: float = 0.002,
) -> dict[str, Any]:
    """Converts and verifies a router; gives it its name only when it is good.

    Args:
        model: what `hypermask_tf.inference.decision_model` returned.
        facts: what else its JSON says.
        tests: what it is verified on.
        quantization: one of `convert.QUANTIZATIONS`.
        folder: where it belongs.
        name: of the file, without its ending.
        max_accuracy_drop: how much accuracy it may lose, in 0..1.

    Returns:
        What the JSON beside the file holds.

    Raises:
        RouterError: when it cannot be converted or is outside tolerance.
    """
    said = np.asarray(model.predict(tests.x, batch_size=1000, verbose=0))
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unverified_", dir=folder) as work:
        model.save(Path(work, "router.keras"))
        path = Path(work, f"{name}.tflite")
        shape = tuple(tests.x.shape[1:])
        job = ConversionJob(Path(work, "router.keras"), path, quantization, shape)
        for conversion in convert_files([job]):
            if conversion.error:
                raise RouterError(conversion.error)
        content = path.read_bytes()
        inspection = inspect_tflite(content)
        check = compare(
            said,
            run_tflite(content, tests.x),
            tests.truth,
            quantization == "float32",
            max_accuracy_drop,
        )
        problems = (*check.failures, *map(_not_builtin, inspection.custom_ops))
        if problems:
            raise RouterError("; ".join(problems))
        described = _describe(content, inspection, check, quantization, path.name)
        write_json(path.with_suffix(".json"), {**described, **facts})
        os.replace(path, folder / path.name)
        # The JSON after it, as the seal.
        os.replace(path.with_suffix(".json"), folder / f"{name}.json")
    return {**described, **facts}


def _not_builtin(op: str) -> str:
    return f"{op} is not a builtin op"


def _describe(
    content: bytes,
    inspection: FileInspection,
    check: RouterCheck,
    quantization: str,
    file: str,
) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "file": file,
        "sha256": hashlib.sha256(content).hexdigest(),
        "signature": SIGNATURE,
        "input": INPUT_NAME,
        "output": OUTPUT_NAME,
        "quantization": quantization,
        "bytes": len(content),
        "gzip_bytes": len(gzip.compress(content, 9, mtime=0)),
        "ops": list(inspection.ops),
        "verification": dataclasses.asdict(check),
        "versions": package_versions(),
    }
