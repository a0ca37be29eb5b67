"""Compare what a `.tflite` file says with its Keras model."""

import dataclasses
from typing import Any

import numpy as np

from hypermask_tf.export.interpreter import make_interpreter, run_tflite
from hypermask_tf.export.quantize.recipe import FLOAT32

__all__ = [
    "FLOAT32_LOGIT_TOLERANCE",
    "Verification",
    "apart",
    "compare_logits",
    "make_interpreter",
    "not_finite",
    "run_tflite",
]

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
