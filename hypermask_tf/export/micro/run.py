"""Run a `.tflite` file in TensorFlow Lite Micro."""

import contextlib
import dataclasses
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

# What a file may take while it is tried; what it does take is reported.
ARENA_BYTES = 8 * 2**20


@dataclasses.dataclass(frozen=True)
class MicroRun:
    """What TensorFlow Lite Micro made of a file.

    Args:
        outputs: the file's only output, float32, shape `(examples, ...)`.
        arena_bytes: working memory that its interpreter took: tensors and its own
            records, without the file itself, which stays in flash.
    """

    outputs: np.ndarray
    arena_bytes: int


def run_micro(
    content: bytes, x: np.ndarray, arena_bytes: int = ARENA_BYTES
) -> MicroRun:
    """Runs a file over examples, one at a time, with the reference kernels.

    Integer inputs are quantised and integer outputs dequantised here, by the scales
    in the file.

    Args:
        content: the bytes of the file.
        x: float examples, shape `(examples, ...)`.
        arena_bytes: working memory it may take.

    Raises:
        ImportError: when `tflite-micro` is missing.
        ValueError: when an example's shape is not what the file takes, or Micro has
            no kernel for what is in the file, or too little memory.
    """
    runtime = micro_runtime()
    with _held_stderr() as heard:
        try:
            interpreter = runtime.Interpreter.from_bytes(
                content, arena_size=arena_bytes
            )
        except RuntimeError as error:
            raise ValueError(f"{error}: {_one_line(heard())}") from error
    inputs, outputs = (
        interpreter.get_input_details(0),
        interpreter.get_output_details(0),
    )
    if tuple(inputs["shape"]) != (1, *x.shape[1:]):
        raise ValueError(
            f"Expected examples of shape {tuple(int(n) for n in inputs['shape'][1:])}, "
            f"which the file takes. Received: x.shape={x.shape}"
        )
    results = np.empty((len(x), *outputs["shape"][1:]), np.float32)
    for index, example in enumerate(_quantized(np.asarray(x, np.float32), inputs)):
        interpreter.set_input(np.ascontiguousarray(example[np.newaxis]), 0)
        interpreter.invoke()
        results[index] = _dequantized(interpreter.get_output(0)[0], outputs)
    return MicroRun(results, _arena(interpreter))


def micro_runtime() -> Any:
    """Returns the module of the interpreter.

    Raises:
        ImportError: when `tflite-micro` is missing.
    """
    try:
        from tflite_micro import runtime
    except ImportError as error:
        raise ImportError(
            "Expected TensorFlow Lite Micro's interpreter to be installed. "
            f"Received: {error}. Run: pip install -r requirements-micro.txt"
        ) from error
    return runtime


def _quantized(x: np.ndarray, details: dict[str, Any]) -> np.ndarray:
    dtype = np.dtype(details["dtype"])
    if dtype == np.float32:
        return x
    scale, zero = _scale(details)
    limits = np.iinfo(dtype)
    return np.clip(np.round(x / scale) + zero, limits.min, limits.max).astype(dtype)


def _dequantized(values: np.ndarray, details: dict[str, Any]) -> np.ndarray:
    if values.dtype == np.float32:
        return values
    scale, zero = _scale(details)
    return (values.astype(np.float32) - zero) * scale


def _scale(details: dict[str, Any]) -> tuple[np.float32, int]:
    numbers = details["quantization_parameters"]
    return np.float32(numbers["scales"][0]), int(numbers["zero_points"][0])


def _arena(interpreter: Any) -> int:
    with _held_stderr() as heard:
        interpreter.print_allocations()
        found = re.search(r"Arena allocation total (\d+) bytes", heard())
    if found is None:
        raise RuntimeError("Expected the interpreter to say what memory it took.")
    return int(found.group(1))


@contextlib.contextmanager
def _held_stderr() -> Iterator[Callable[[], str]]:
    """Keeps what C++ writes to standard error, and gives a function that reads it."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:

        def heard() -> str:
            held.seek(0)
            return held.read().decode(errors="replace")

        os.dup2(held.fileno(), 2)
        try:
            yield heard
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)


def _one_line(text: str) -> str:
    return " ".join(text.split()) or "it gave no reason"
