"""One way to store a task, through all stages: quantise, encode, write, verify."""

import dataclasses
from typing import Any

import numpy as np

from hypermask_tf.export import mistakes
from hypermask_tf.export.encode.encode import encode_sparse
from hypermask_tf.export.examples import Examples, by_name, rows
from hypermask_tf.export.inspect_tflite import FileInspection, inspect_tflite
from hypermask_tf.export.interpreter import make_interpreter, run_tflite, tensors
from hypermask_tf.export.judge import MAX_RISE
from hypermask_tf.export.measure.kernels import Kernels, kernels
from hypermask_tf.export.measure.memory import activation_bytes
from hypermask_tf.export.outputs_verification import (
    OutputsVerification,
    compare_outputs,
)
from hypermask_tf.export.quantize.quantize import quantize
from hypermask_tf.export.task_data import TaskData
from hypermask_tf.export.task_info import TaskInfo
from hypermask_tf.export.verify import Verification, compare_logits
from hypermask_tf.export.write.write import write_file

# A sparse file must say what the dense one says, to rounding.
SPARSE_TOLERANCE = 1e-5
SPARSE_CHECKS = 32


@dataclasses.dataclass(frozen=True)
class VariantOptions:
    """How files of a task are made, and how good they must be.

    Args:
        max_accuracy_drop: how much accuracy a file may lose on the gate's data, in
            0..1.
        max_mae_rise: the same of files that predict a number: by which share of
            Keras' their mean absolute error may be larger.
        integer_io: whether files with integer activations take and give int8.
        sparse: whether zeros are left out where that makes the file smaller.
    """

    max_accuracy_drop: float = 0.005
    max_mae_rise: float = MAX_RISE
    integer_io: bool = False
    sparse: bool = True


@dataclasses.dataclass(frozen=True)
class Variant:
    """A finished file of a task.

    Args:
        quantization: name of its recipe.
        content: its bytes.
        sparse: whether zeros were left out of it.
        inspection: what is inside.
        kernels: what runs it.
        activation_bytes: working memory it needs at least.
        inputs: type and quantisation of its inputs, by name.
        outputs: the same of its outputs.
        gate: comparison with Keras on the data that decides.
        verification: comparison with Keras on the test set.
    """

    quantization: str
    content: bytes = dataclasses.field(repr=False)
    sparse: bool
    inspection: FileInspection
    kernels: Kernels
    activation_bytes: int
    inputs: dict[str, dict[str, Any]]
    outputs: dict[str, dict[str, Any]]
    gate: Verification | OutputsVerification
    verification: Verification | OutputsVerification

    @property
    def failures(self) -> tuple[str, ...]:
        """Returns why it is not good; empty when it is."""
        custom = self.inspection.custom_ops
        return (
            *([f"ops that are not builtin: {', '.join(custom)}"] if custom else []),
            *self.gate.failures,
            *(f"test set: {reason}" for reason in self.verification.failures),
        )


def make_variant(
    content: bytes,
    quantization: str,
    task: TaskInfo,
    data: TaskData,
    keras: tuple[Examples, Examples],
    options: VariantOptions,
) -> Variant:
    """Makes and verifies one file of a task.

    Args:
        content: the float32 `.tflite` file as the converter wrote it.
        quantization: name of a recipe.
        task: what the file classifies.
        data: the examples of the task.
        keras: outputs of the Keras model on the gate's data and on the test set.
        options: how it is made, and how good it must be.

    Raises:
        ValueError: when it cannot be made, or LiteRT cannot run it.
    """
    quantized = quantize(content, quantization, data.calibration, options.integer_io)
    dense = write_file(quantized, task)
    encoded = _sparse_file(quantized, dense, task, data) if options.sparse else None
    final = dense if encoded is None else encoded
    try:
        interpreter = make_interpreter(final)
        gate = run_tflite(final, data.gate[0])
        alike = data.test is data.gate
        test = gate if alike else run_tflite(final, data.test[0])
    except RuntimeError as error:
        raise ValueError(f"LiteRT cannot run the file: {error}") from error
    inputs, outputs = tensors(interpreter)
    return Variant(
        quantization=quantization,
        content=final,
        sparse=encoded is not None,
        inspection=inspect_tflite(final),
        kernels=kernels(interpreter),
        activation_bytes=activation_bytes(final),
        inputs={name: tensor_json(details) for name, details in inputs.items()},
        outputs={name: tensor_json(details) for name, details in outputs.items()},
        gate=_compare(keras[0], gate, data.gate[1], data, quantization, task, options),
        verification=_compare(keras[1], test, data.test[1], data, quantization, task),
    )


def _compare(
    keras: Any,
    tflite: Any,
    targets: Any,
    data: TaskData,
    quantization: str,
    task: TaskInfo,
    options: VariantOptions | None = None,
) -> Verification | OutputsVerification:
    """Holds outputs against Keras; without options they are only reported."""
    if data.judges is not None:
        return compare_outputs(
            keras, tflite, targets, data.judges, quantization, options is not None
        )
    drop = None if options is None else options.max_accuracy_drop
    return compare_logits(keras, tflite, targets, quantization, drop, len(task.labels))


def _sparse_file(
    quantized: bytes, dense: bytes, task: TaskInfo, data: TaskData
) -> bytes | None:
    """The file with zeros left out, if it is smaller and says the same."""
    encoded = encode_sparse(quantized)
    if encoded is None:
        return None
    content = write_file(encoded, task)
    if len(content) >= len(dense):
        return None
    x = rows(data.calibration, slice(SPARSE_CHECKS))
    expected = by_name(run_tflite(dense, x), ())
    try:
        found = by_name(run_tflite(content, x), ())
    except (RuntimeError, ValueError) as error:
        if mistakes.is_fault(error):
            raise
        return None
    same = all(_close(found[name], values) for name, values in expected.items())
    return content if same else None


def _close(found: np.ndarray, expected: np.ndarray) -> bool:
    tolerance = SPARSE_TOLERANCE * max(1.0, float(np.abs(expected).max(initial=0)))
    # NaN compares as false, and such a file is not taken.
    return bool(np.all(np.abs(found - expected) <= tolerance))


def tensor_json(details: dict[str, Any]) -> dict[str, Any]:
    """Returns shape, type and scale of an input or output, as LiteRT tells them."""
    described: dict[str, Any] = {
        "shape": [int(n) for n in details["shape"]],
        "dtype": np.dtype(details["dtype"]).name,
    }
    if described["dtype"] != "float32" and details["quantization"][0]:
        scale, zero_point = details["quantization"]
        described |= {"scale": float(scale), "zero_point": int(zero_point)}
    return described
