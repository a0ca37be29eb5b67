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

from export.convert import (
    INPUT_NAME,
    OUTPUT_NAME,
    SIGNATURE,
    ConversionJob,
    convert_files,
)
from export.inspect_tflite import FileInspection, inspect_tflite
from export.sidecar import package_versions, write_json
from export.verify import run_tflite

# Most that confidences may differ where both choose the same task and class.
CONFIDENCE_TOLERANCE = 2e-3
SCHEMA_VERSION = 1


@dataclasses.dataclass(frozen=True)
class RouterCheck:
    """How a router's file compares with Keras on the test sets of all tasks.

    Args:
        examples: how many inputs, of all tasks together.
        keras_accuracy: share whose task and class Keras gets right, in 0..1.
        tflite_accuracy: the same of the file at batch 1, in 0..1.
        agreement: share on which both choose the same task and class.
        max_confidence_difference: largest difference where they agree.
        failures: what was outside tolerance; empty when the file is good.
    """

    examples: int
    keras_accuracy: float
    tflite_accuracy: float
    agreement: float
    max_confidence_difference: float
    failures: tuple[str, ...] = ()


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


def compare(
    keras_out: np.ndarray,
    tflite_out: np.ndarray,
    truth: np.ndarray,
    exact: bool = True,
    max_accuracy_drop: float = 0.002,
) -> RouterCheck:
    """Compares what a file says with what Keras says.

    Args:
        keras_out: shape `(examples, 4)`: task, class, confidence, evidence.
        tflite_out: shape `(examples, 4)`.
        truth: task and class of every example, shape `(examples, 2)`.
        exact: whether the file holds float32, so that confidences must match too.
        max_accuracy_drop: how much accuracy may be lost, and how many answers may
            differ, in 0..1.

    Raises:
        ValueError: when the shapes do not belong together.

    Example:

    >>> said = np.array([[0.0, 1.0, 0.9, -3.0]])
    >>> compare(said, said, np.array([[0, 1]])).failures
    ()
    """
    if not len(truth) or not keras_out.shape == tflite_out.shape == (len(truth), 4):
        raise ValueError(
            "Expected two arrays of shape (examples, 4), and the truth of each. "
            f"Received: keras_out.shape={keras_out.shape}, "
            f"tflite_out.shape={tflite_out.shape}, {len(truth)} examples"
        )
    right = [float(_same(said, truth).mean()) for said in (keras_out, tflite_out)]
    agree = _same(keras_out, tflite_out)
    gaps = np.abs(keras_out[agree, 2] - tflite_out[agree, 2])
    check = RouterCheck(
        examples=len(truth),
        keras_accuracy=right[0],
        tflite_accuracy=right[1],
        agreement=float(agree.mean()),
        max_confidence_difference=float(gaps.max(initial=0.0)),
    )
    return dataclasses.replace(
        check, failures=tuple(_failures(check, tflite_out, exact, max_accuracy_drop))
    )


def _same(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.asarray((one[:, :2] == other[:, :2]).all(axis=1))


def _failures(
    check: RouterCheck, out: np.ndarray, exact: bool, max_drop: float
) -> list[str]:
    found = []
    if not np.isfinite(out).all():
        found.append("some outputs of the file are not finite")
    if check.keras_accuracy - check.tflite_accuracy > max_drop + 1e-9:
        found.append(
            f"accuracy {check.tflite_accuracy:.4f} is more than {max_drop:g} below "
            f"Keras' {check.keras_accuracy:.4f}"
        )
    if exact and 1 - check.agreement > max_drop + 1e-9:
        found.append(f"only {check.agreement:.4f} of the answers are those of Keras")
    if exact and check.max_confidence_difference > CONFIDENCE_TOLERANCE:
        found.append(
            f"confidences differ by {check.max_confidence_difference:.3g}, more than "
            f"{CONFIDENCE_TOLERANCE:g}"
        )
    return found


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
        quantization: `"float32"` or `"dynamic_int8"`.
        folder: where it belongs.
        name: of the file, without its ending.
        max_accuracy_drop: how much accuracy it may lose, in 0..1.

    Returns:
        What the JSON beside the file holds.

    Raises:
        RuntimeError: when it cannot be converted or is outside tolerance.
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
                raise RuntimeError(conversion.error)
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
            raise RuntimeError("; ".join(problems))
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
