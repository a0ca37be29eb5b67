"""Run a `.tflite` file in LiteRT and compare it with its Keras model."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from hypermask_tf.export.quantize.recipe import FLOAT32
from hypermask_tf.export.quiet import quiet_stderr

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


def run_tflite(content: bytes | str | Path, x: np.ndarray) -> np.ndarray:
    """Runs a `.tflite` file over examples, one at a time on one thread.

    Args:
        content: the bytes of the file, or its path.
        x: examples, shape `(examples, ...)`.

    Returns:
        The file's only output as real numbers, float32, shape `(examples, ...)`,
        whatever types input and output have inside the file.

    Raises:
        ValueError: when an example's shape is not what the file takes.
    """
    interpreter = make_interpreter(content)
    image = interpreter.get_input_details()[0]
    logits = interpreter.get_output_details()[0]
    if tuple(image["shape"]) != (1, *x.shape[1:]):
        raise ValueError(
            f"Expected examples of shape {tuple(int(n) for n in image['shape'][1:])}, "
            f"which the file takes. Received: x.shape={x.shape}"
        )
    outputs = np.empty((len(x), *logits["shape"][1:]), np.float32)
    for index, example in enumerate(np.asarray(x, np.float32)):
        interpreter.set_tensor(image["index"], _stored(example[np.newaxis], image))
        interpreter.invoke()
        outputs[index] = _real(interpreter.get_tensor(logits["index"])[0], logits)
    return outputs


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
    if tensor["dtype"] == np.float32:
        return values
    scale, zero_point = tensor["quantization"]
    limits = np.iinfo(tensor["dtype"])
    numbers = np.round(values / scale) + zero_point
    return np.clip(numbers, limits.min, limits.max).astype(tensor["dtype"])


def _real(values: np.ndarray, tensor: Any) -> np.ndarray:
    """Returns the real numbers that a tensor holds."""
    if tensor["dtype"] == np.float32:
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
        keras_logits: shape `(examples, outputs)`.
        tflite_logits: shape `(examples, outputs)`.
        labels: true classes as integers, shape `(examples,)`.
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
    if not len(labels) or not expected == keras_logits.shape == tflite_logits.shape:
        raise ValueError(
            "Expected two arrays of shape (examples, outputs) and at least one label. "
            f"Received: keras_logits.shape={keras_logits.shape}, "
            f"tflite_logits.shape={tflite_logits.shape}, {len(labels)} labels"
        )
    keras_choice = keras_logits[:, :classes].argmax(axis=-1)
    tflite_choice = tflite_logits[:, :classes].argmax(axis=-1)
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
            *_not_finite("Keras", keras_logits),
            *_not_finite("file", tflite_logits),
            *_accuracy_failures(keras_accuracy, tflite_accuracy, max_accuracy_drop),
            *_logit_failures(quantization, difference, largest),
        ),
    )


def _not_finite(name: str, logits: np.ndarray) -> list[str]:
    bad = np.count_nonzero(~np.isfinite(logits).all(axis=-1))
    return [f"{bad} of {len(logits)} {name} outputs are not finite"] if bad else []


def _accuracy_failures(
    keras: float, tflite: float, max_drop: float | None
) -> list[str]:
    if max_drop is None or keras - tflite <= max_drop + 1e-9:
        return []
    return [f"accuracy {tflite:.4f} is more than {max_drop:g} below Keras' {keras:.4f}"]


def _logit_failures(quantization: str, difference: float, largest: float) -> list[str]:
    tolerance = FLOAT32_LOGIT_TOLERANCE * max(1.0, largest)
    if quantization != FLOAT32 or not difference > tolerance:
        return []
    return [f"logits differ by {difference:.3g}, more than {tolerance:.3g}"]
