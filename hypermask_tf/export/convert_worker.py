"""The child process of `convert`: the only place that calls the converter.

Reads a JSON list of jobs from standard input, writes each job's file, and answers
with one JSON line a job on standard output: `{"error": ""}`. A fault of this project
ends it with a line `{"fault": TRACEBACK}`. Everything else that TensorFlow prints goes
to standard error.
"""

import itertools
import json
import os
import re
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypermask_tf.export import mistakes
from hypermask_tf.export.convert import INPUT_NAME, OUTPUT_NAME, SIGNATURE
from hypermask_tf.export.quantize.quantize import quantize


def write_saved_model(model_path: str, input_shape: list[int], folder: str) -> None:
    """Writes a `.keras` file as a SavedModel with a static batch of 1.

    Going through `keras.export.ExportArchive` matters: `from_concrete_functions`
    given the Keras 3 model itself writes a file with uninitialised variables.

    Raises:
        ValueError: when the model has several inputs or outputs.
    """
    import keras
    import tensorflow as tf

    model = keras.models.load_model(model_path, compile=False)
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ValueError(
            "Expected a model with one input and one output. Received: "
            f"{len(model.inputs)} inputs and {len(model.outputs)} outputs. "
            "Bake a model whose only output is its logits."
        )

    def serve(image: Any) -> dict[str, Any]:
        return {OUTPUT_NAME: keras.tree.flatten(model(image, training=False))[0]}

    spec = tf.TensorSpec((1, *input_shape), tf.float32, name=INPUT_NAME)
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint(SIGNATURE, serve, input_signature=[spec])
    archive.write_out(folder, verbose=False)


def saved_model_to_tflite(folder: str) -> bytes:
    """Converts a SavedModel to float32 `.tflite` bytes, builtin ops only."""
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(
        folder, signature_keys=[SIGNATURE]
    )
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    converter.allow_custom_ops = False
    return bytes(converter.convert())


def explain(error: Exception) -> str:
    """Returns one line that says why a conversion failed."""
    ops = re.findall(r"'tf\.(\w+)' op is neither a custom op nor a flex", str(error))
    if ops:
        return (
            "the model needs TensorFlow ops that are not LiteRT builtins and cannot "
            f"run on the device: {', '.join(sorted(set(ops)))}. Replace the layers "
            "that use them."
        )
    lines = str(error).split("\n")
    return f"{type(error).__name__}: {lines[0].strip()[:500] or 'no message'}"


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
    for (model_path, input_shape), group in itertools.groupby(
        jobs, lambda job: (job["model_path"], job["input_shape"])
    ):
        content, problem = _convert(model_path, input_shape)
        for job in group:
            yield problem or _finish(content, job)


def _convert(model_path: str, input_shape: list[int]) -> tuple[bytes, str]:
    with tempfile.TemporaryDirectory() as folder:
        try:
            write_saved_model(model_path, input_shape, folder)
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
