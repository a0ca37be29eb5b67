"""Hold what a router's file says against what Keras says."""

import dataclasses

import numpy as np

# Most that confidences may differ where both choose the same task and class.
CONFIDENCE_TOLERANCE = 2e-3


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
