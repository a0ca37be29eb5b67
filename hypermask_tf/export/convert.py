"""Stage: plain Keras model → `.tflite` bytes, in a child process."""

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from hypermask_tf.export.interface import INPUT_NAME, OUTPUT_NAME, Interface
from hypermask_tf.export.quantize.recipe import FLOAT32, RECIPES
from hypermask_tf.export.saved_model import SIGNATURE

# What needs no examples of a task, and so can be made from a model alone.
QUANTIZATIONS = tuple(r.name for r in RECIPES.values() if not r.calibrated)

__all__ = [
    "INPUT_NAME",
    "OUTPUT_NAME",
    "QUANTIZATIONS",
    "SIGNATURE",
    "Conversion",
    "ConversionJob",
    "convert",
    "convert_files",
]

# The converter leaks about 17 MB a call (tensorflow #122598), starting a process
# costs about 5 s: after this many jobs a fresh child takes over.
JOBS_PER_PROCESS = 32


@dataclasses.dataclass(frozen=True)
class ConversionJob:
    """One file to write: which model, where to, and how its weights are stored.

    Args:
        model_path: a `.keras` file with a plain model, or the folder of a SavedModel
            whose signature `serve` has a batch of 1.
        tflite_path: where the child writes the file.
        quantization: name of a recipe that needs no examples.
        input_shape: shape of one example, without the batch axis.
        interface: names and types of inputs and outputs; `None` for one float32
            `image` of that shape and one output, `logits`.

    Raises:
        ValueError: when `quantization` is not one of `QUANTIZATIONS`.
    """

    model_path: Path
    tflite_path: Path
    quantization: str
    input_shape: tuple[int, ...]
    interface: Interface | None = None

    def __post_init__(self) -> None:
        if self.quantization not in QUANTIZATIONS:
            raise ValueError(
                f"quantization must be one of {list(QUANTIZATIONS)}. "
                f"Received: quantization={self.quantization!r}"
            )

    def to_json(self) -> dict[str, Any]:
        """Returns the job as the child reads it."""
        return {
            "model_path": str(self.model_path),
            "tflite_path": str(self.tflite_path),
            "quantization": self.quantization,
            "input_shape": list(self.input_shape),
            "interface": None if self.interface is None else self.interface.to_json(),
        }


@dataclasses.dataclass(frozen=True)
class Conversion:
    """What became of a job; `error` is empty when its file was written."""

    job: ConversionJob
    error: str = ""


def convert_files(
    jobs: Sequence[ConversionJob], jobs_per_process: int = JOBS_PER_PROCESS
) -> Iterator[Conversion]:
    """Converts all jobs in child processes, yielding each as soon as it is done.

    The next job is converted while the caller looks at the last one. A job that
    cannot be converted is yielded with its error; the others go on.

    Args:
        jobs: the files to write; put jobs of one model side by side, it is then
            read and traced once.
        jobs_per_process: after how many jobs a fresh child takes over.

    Raises:
        RuntimeError: with the child's traceback, when the fault is not the model's.
    """
    for start in range(0, len(jobs), jobs_per_process):
        yield from _convert_in_child(jobs[start : start + jobs_per_process])


def convert(
    model: Any, quantization: str = FLOAT32, input_shape: tuple[int, ...] | None = None
) -> bytes:
    """Converts one plain Keras model; for several, `convert_files` is faster.

    The file takes a static batch of 1, holds builtin ops only, and has one
    signature, `serve`, from `image` to `logits`.

    Args:
        model: a `keras.Model` without classes of ours, one input and one output.
        quantization: name of a recipe that needs no examples.
        input_shape: shape of one example; `None` takes the model's own.

    Raises:
        ValueError: when the model cannot be converted.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    >>> convert(model)[4:8]
    b'TFL3'
    """
    shape = tuple(model.input_shape[1:]) if input_shape is None else input_shape
    with tempfile.TemporaryDirectory() as folder:
        model_path = Path(folder, "model.keras")
        model.save(model_path)
        job = ConversionJob(model_path, Path(folder, "m.tflite"), quantization, shape)
        for conversion in convert_files([job]):
            if conversion.error:
                raise ValueError(conversion.error)
        return job.tflite_path.read_bytes()


# Keeps the working folder off the child's path; Python 3.10 has no such option.
_SAFE_PATH = ["-P"] if sys.version_info >= (3, 11) else []


def _convert_in_child(jobs: Sequence[ConversionJob]) -> Iterator[Conversion]:
    with tempfile.TemporaryFile() as log:
        child = subprocess.Popen(
            [sys.executable, *_SAFE_PATH, "-m", "hypermask_tf.export.convert_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=_child_environment(),
            text=True,
        )
        done = 0
        try:
            _send(child.stdin, jobs)
            for line in child.stdout or ():
                yield Conversion(jobs[done], _error(json.loads(line)))
                done += 1
            status = child.wait()
        finally:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    pipe.close()
        for job in jobs[done:]:
            yield Conversion(job, _died(status, log))


def _error(answer: dict[str, str]) -> str:
    if "fault" in answer:
        raise RuntimeError(f"The conversion process failed:\n{answer['fault']}")
    return answer["error"]


def _send(stdin: IO[str] | None, jobs: Sequence[ConversionJob]) -> None:
    if stdin is None:
        raise RuntimeError("Expected a pipe to the conversion process. Received: None")
    try:
        json.dump([job.to_json() for job in jobs], stdin)
        stdin.close()
    except BrokenPipeError:
        pass  # the child died early; its log says why


def _died(status: int, log: IO[bytes]) -> str:
    log.seek(0)
    lines = [line for line in log.read().decode(errors="replace").splitlines() if line]
    tail = " | ".join(lines[-3:])[-600:]
    return f"the conversion process ended with status {status}: {tail}"


def _child_environment() -> dict[str, str]:
    root = str(Path(__file__).resolve().parents[2])
    path = os.environ.get("PYTHONPATH")
    return os.environ | {
        "PYTHONPATH": root if not path else root + os.pathsep + path,
        "PYTHONHASHSEED": "0",
        "KERAS_BACKEND": "tensorflow",
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
