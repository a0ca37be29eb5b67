"""The gate: only a verified file gets a name that looks good."""

import os
from pathlib import Path

import numpy as np

from export.bake import BakedTask
from export.convert import Conversion
from export.inspect_tflite import inspect_tflite
from export.sidecar import Sidecar, write_json
from export.verify import compare_logits, run_tflite


def verify_and_publish(
    conversion: Conversion,
    baked: BakedTask,
    test: tuple[np.ndarray, np.ndarray],
    folder: Path,
    max_accuracy_drop: float,
) -> tuple[str, ...]:
    """Verifies a converted file; moves it and its JSON into place when it is good.

    Args:
        conversion: the file under its temporary name, on the file system of `folder`.
        baked: the task it was made from.
        test: the whole test set of the task, `(x, y)`.
        folder: where good files belong.
        max_accuracy_drop: how much accuracy the file may lose, in 0..1.

    Returns:
        The reasons why it is not good; empty when it was published.
    """
    job = conversion.job
    if conversion.error:
        return (conversion.error,)
    try:
        content = job.tflite_path.read_bytes()
        inspection = inspect_tflite(content)
        if inspection.custom_ops:
            return (f"ops that are not builtin: {', '.join(inspection.custom_ops)}",)
        outputs = run_tflite(content, test[0])
        verification = compare_logits(
            baked.logits, outputs, test[1], job.quantization, max_accuracy_drop
        )
    except (RuntimeError, ValueError) as error:
        return (f"LiteRT cannot run the file: {' '.join(str(error).split())}",)
    if verification.passed:
        sidecar = Sidecar(
            file=job.tflite_path.name,
            quantization=job.quantization,
            content=content,
            task=baked.info,
            keras_weights=baked.weights,
            inspection=inspection,
            verification=verification,
        )
        publish(sidecar, job.tflite_path, folder)
    return verification.failures


def publish(sidecar: Sidecar, tflite_path: Path, folder: Path) -> None:
    """Moves a good file into its folder, and its JSON after it as the seal."""
    json_path = tflite_path.with_suffix(".json")
    write_json(json_path, sidecar.to_json())
    os.replace(tflite_path, folder / tflite_path.name)
    os.replace(json_path, folder / json_path.name)
