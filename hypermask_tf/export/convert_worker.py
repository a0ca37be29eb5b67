"""The child process of `convert`: the only place that calls the converter.

Reads a JSON list of jobs from standard input, writes each job's file, and answers
with one JSON line a job on standard output: `{"error": ""}`. A fault of this project
ends it with a line `{"fault": TRACEBACK}`. Everything else that TensorFlow prints goes
to standard error.
"""

import itertools
import json
import os
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypermask_tf.export import mistakes
from hypermask_tf.export.interface import Interface
from hypermask_tf.export.quantize.quantize import quantize
from hypermask_tf.export.refusal import explain
from hypermask_tf.export.saved_model import SIGNATURE
from hypermask_tf.export.saved_model import write_saved_model as write


def write_saved_model(
    model_path: str,
    input_shape: list[int],
    folder: str,
    interface: Interface | None = None,
) -> None:
    """Writes a `.keras` file as a SavedModel with a static batch of 1.

    Raises:
        ValueError: when the model has several inputs or outputs that nobody named.
    """
    import keras

    model = keras.models.load_model(model_path, compile=False)
    counts = (len(model.inputs), len(model.outputs))
    if interface is None and counts != (1, 1):
        raise ValueError(
            "Expected a model with one input and one output. Received: "
            f"{counts[0]} inputs and {counts[1]} outputs. "
            "Bake a model whose only output is its logits."
        )
    write(model, interface or Interface.of_images((*input_shape,)), folder)


def saved_model_to_tflite(folder: str) -> bytes:
    """Converts a SavedModel to float32 `.tflite` bytes, builtin ops only."""
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(
        folder, signature_keys=[SIGNATURE]
    )
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    converter.allow_custom_ops = False
    return bytes(converter.convert())


def main() -> None:
    """Converts the jobs given on standard input."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # stray prints must not mix with the answers
    try:
        for error in _errors(json.load(sys.stdin)):
            print(json.dumps({"error": error}), file=answers, flush=True)
    except Exception:
        print(json.dumps({"fault": traceback.format_exc()}), file=answers, flush=True)
        sys.exit(1)


def _errors(jobs: list[dict[str, Any]]) -> Iterator[str]:
    """Converts jobs; gives why each failed, or nothing."""
    for (model_path, input_shape, interface), group in itertools.groupby(
        jobs, lambda job: (job["model_path"], job["input_shape"], job["interface"])
    ):
        content, problem = _convert(model_path, input_shape, interface)
        for job in group:
            yield problem or _finish(content, job)


def _convert(
    model_path: str, input_shape: list[int], interface: Any = None
) -> tuple[bytes, str]:
    if os.path.isdir(model_path):
        return _converted(model_path)
    named = None if interface is None else Interface.from_json(interface)
    with tempfile.TemporaryDirectory() as folder:
        try:
            write_saved_model(model_path, input_shape, folder, named)
        except Exception as error:
            if mistakes.is_fault(error):
                raise
            return b"", explain(error)
        return _converted(folder)


def _converted(folder: str) -> tuple[bytes, str]:
    try:
        return saved_model_to_tflite(folder), ""
    except Exception as error:
        if mistakes.is_fault(error):
            raise
        return b"", explain(error)


def _finish(content: bytes, job: dict[str, Any]) -> str:
    try:
        quantized = quantize(content, job["quantization"])
        Path(job["tflite_path"]).write_bytes(quantized)
    except Exception as error:
        if mistakes.is_fault(error):
            raise
        return explain(error)
    return ""


if __name__ == "__main__":
    main()
