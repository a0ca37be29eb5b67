"""Run a `.tflite` file in LiteRT and compare it with its Keras model."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hypermask_tf.export.examples import Examples, by_name, count, single
from hypermask_tf.export.quantize.recipe import FLOAT32
from hypermask_tf.export.quiet import quiet_stderr
from hypermask_tf.export.saved_model import SIGNATURE

# Largest |Δlogit| allowed for float32, relative to max(1, largest |logit|).
FLOAT32_LOGIT_TOLERANCE = 1e-3


@dataclasses.dataclass(frozen=True)
class Verification:
    """How a file compares with its Keras model on a data set.

    Args:
        examples: size of the data set.
        keras_accuracy: accuracy of the Keras model, in 0..1.
        tflite_accuracy: accuracy of the file at batch 1, in 0..1.
        argmax_agreement: share of examples on which both choose the same class.
        max_logit_difference: largest |Δlogit|.
        max_logit: largest |logit| of the Keras model.
        failures: what was outside tolerance; empty when the file is good.
    """

    examples: int
    keras_accuracy: float
    tflite_accuracy: float
    argmax_agreement: float
    max_logit_difference: float
    max_logit: float
    failures: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether everything was inside tolerance."""
        return not self.failures

    def to_json(self) -> dict[str, Any]:
        """Returns a dictionary of plain types."""
        return dataclasses.asdict(self) | {
            "failures": list(self.failures),
            "passed": self.passed,
        }


def run_tflite(content: bytes | str | Path, x: Examples) -> Any:
    """Runs a `.tflite` file over examples, one at a time on one thread.

    Args:
        content: the bytes of the file, or its path.
        x: examples, shape `(examples, ...)`, by name where the file has several
            inputs.

    Returns:
        The file's only output, shape `(examples, ...)`, or all outputs by name.
        Numbers are real, float32, whatever types input and output have inside the
        file; those that are whole there and stand for nothing else stay as they are.

    Raises:
        ValueError: when an example's shape is not what the file takes.
    """
    interpreter = make_interpreter(content)
    inputs, outputs = tensors(interpreter)
    arrays = _checked(by_name(x, list(inputs)), inputs)
    found = {
        name: np.empty((count(x), *tensor["shape"][1:]), _real_type(tensor))
        for name, tensor in outputs.items()
    }
    for index in range(count(x)):
        for name, tensor in inputs.items():
            example = arrays[name][index : index + 1]
            interpreter.set_tensor(tensor["index"], _stored(example, tensor))
        interpreter.invoke()
        for name, tensor in outputs.items():
            stored = interpreter.get_tensor(tensor["index"])[0]
            found[name][index] = _real(stored, tensor)
    return single(found)


def tensors(interpreter: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Returns inputs and outputs as LiteRT describes them, by name in the signature.

    A file without a signature has the names of its tensors.
    """
    if SIGNATURE in interpreter.get_signature_list():
        runner = interpreter.get_signature_runner(SIGNATURE)
        return runner.get_input_details(), runner.get_output_details()
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    return {t["name"]: t for t in inputs}, {t["name"]: t for t in outputs}


def _checked(
    arrays: Mapping[str, np.ndarray], inputs: Mapping[str, Any]
) -> dict[str, np.ndarray]:
    """The arrays of all inputs, of a type that they are stored from."""
    found = {}
    for name, tensor in inputs.items():
        if name not in arrays:
            raise ValueError(
                f"Expected examples for the inputs {sorted(inputs)}. Received: "
                f"examples for {sorted(arrays)}"
            )
        values, shape = arrays[name], tuple(int(n) for n in tensor["shape"][1:])
        if values.shape[1:] != shape:
            raise ValueError(
                f"Expected examples of shape {shape}, "
                f"which the file takes. Received: x.shape={values.shape}"
            )
        found[name] = np.asarray(values, _real_type(tensor))
    return found


def _is_plain(tensor: Any) -> bool:
    """Whether numbers are stored as they are: floats, tokens, classes."""
    return bool(tensor["dtype"] == np.float32 or not tensor["quantization"][0])


def _real_type(tensor: Any) -> Any:
    return tensor["dtype"] if _is_plain(tensor) else np.float32


def make_interpreter(content: bytes | str | Path) -> Any:
    """Returns a LiteRT interpreter on one thread, ready to run.

    Args:
        content: the bytes of a `.tflite` file, or its path.

    Raises:
        RuntimeError, ValueError: what LiteRT raises on a file it cannot run.
    """
    from ai_edge_litert.interpreter import Interpreter

    source = (
        {"model_content": content}
        if isinstance(content, bytes)
        else {"model_path": str(content)}
    )
    with quiet_stderr():
        interpreter = Interpreter(**source, num_threads=1)
        interpreter.allocate_tensors()
    return interpreter


def _stored(values: np.ndarray, tensor: Any) -> np.ndarray:
    """Returns real numbers as a tensor holds them."""
    if _is_plain(tensor):
        return values
    scale, zero_point = tensor["quantization"]
    limits = np.iinfo(tensor["dtype"])
    numbers = np.round(values / scale) + zero_point
    return np.clip(numbers, limits.min, limits.max).astype(tensor["dtype"])


def _real(values: np.ndarray, tensor: Any) -> np.ndarray:
    """Returns the real numbers that a tensor holds."""
    if _is_plain(tensor):
        return values
    scale, zero_point = tensor["quantization"]
    return (values.astype(np.float32) - zero_point) * np.float32(scale)


def compare_logits(
    keras_logits: np.ndarray,
    tflite_logits: np.ndarray,
    labels: np.ndarray,
    quantization: str = FLOAT32,
    max_accuracy_drop: float | None = 0.005,
    classes: int | None = None,
) -> Verification:
    """Compares the logits of a file with those of its Keras model.

    Args:
        keras_logits: shape `(examples, outputs)`, or with more axes between where each
            pixel or each step of an example has a class of its own.
        tflite_logits: the same shape.
        labels: true classes as integers, shape `(examples,)`, or that of the logits
            without the last axis.
        quantization: how the file was stored; float32 must also match in logits.
        max_accuracy_drop: how much accuracy the file may lose, in 0..1; `None` for
            as much as it likes, where accuracy is reported and decides nothing.
        classes: how many of the outputs the task has, where tasks share a wider
            head: the choice is among those. `None` for all.

    Raises:
        ValueError: when the shapes do not belong together, or the set is empty.

    Example:

    >>> logits = np.array([[2.0, 0.0], [0.0, 1.0]])
    >>> compare_logits(logits, logits, np.array([0, 1])).passed
    True
    """
    expected = (len(labels), *keras_logits.shape[1:])
    fits = expected == keras_logits.shape == tflite_logits.shape
    if not len(labels) or not fits or labels.shape != expected[:-1]:
        raise ValueError(
            "Expected two arrays of shape (examples, outputs) and at least one label. "
            f"Received: keras_logits.shape={keras_logits.shape}, "
            f"tflite_logits.shape={tflite_logits.shape}, {len(labels)} labels"
        )
    keras_choice = keras_logits[..., :classes].argmax(axis=-1)
    tflite_choice = tflite_logits[..., :classes].argmax(axis=-1)
    keras_accuracy = float(np.mean(keras_choice == labels))
    tflite_accuracy = float(np.mean(tflite_choice == labels))
    difference = float(np.max(np.abs(keras_logits - tflite_logits)))
    largest = float(np.max(np.abs(keras_logits)))
    return Verification(
        examples=len(labels),
        keras_accuracy=keras_accuracy,
        tflite_accuracy=tflite_accuracy,
        argmax_agreement=float(np.mean(keras_choice == tflite_choice)),
        max_logit_difference=difference,
        max_logit=largest,
        failures=(
            *not_finite("Keras", keras_logits),
            *not_finite("file", tflite_logits),
            *_accuracy_failures(keras_accuracy, tflite_accuracy, max_accuracy_drop),
            *apart(quantization, difference, largest),
        ),
    )


def not_finite(name: str, logits: np.ndarray) -> list[str]:
    """Returns how many examples have an output that is NaN or infinite, if any."""
    bad = np.count_nonzero(~np.isfinite(logits.reshape(len(logits), -1)).all(axis=1))
    return [f"{bad} of {len(logits)} {name} outputs are not finite"] if bad else []


def _accuracy_failures(
    keras: float, tflite: float, max_drop: float | None
) -> list[str]:
    if max_drop is None or keras - tflite <= max_drop + 1e-9:
        return []
    return [f"accuracy {tflite:.4f} is more than {max_drop:g} below Keras' {keras:.4f}"]


def apart(quantization: str, difference: float, largest: float) -> list[str]:
    """Returns that a float32 file says something else than Keras, if it does."""
    tolerance = FLOAT32_LOGIT_TOLERANCE * max(1.0, largest)
    if quantization != FLOAT32 or not difference > tolerance:
        return []
    return [f"logits differ by {difference:.3g}, more than {tolerance:.3g}"]
