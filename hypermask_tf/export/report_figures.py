"""What a table shows of how files compare with Keras, whatever they are judged by."""

import math
import statistics
from collections.abc import Sequence
from typing import Any

from hypermask_tf.checks import four_digits

MISSING = "–"
ACCURACY = "accuracy"


def score(checks: Sequence[dict[str, Any]], side: str, named: bool = True) -> str:
    """Returns the mean of what files are judged by: accuracy in %, else by its name.

    Args:
        checks: `verification` or `gate` of the JSON of files.
        side: `"keras"` or `"tflite"`.
        named: whether the name stands before what is no accuracy.

    Example:

    >>> score([{"keras_accuracy": 0.5}, {"keras_accuracy": 1.0}], "keras")
    '75.00'
    >>> output = {"metric": "r2_score", "keras": 0.125, "agreement": None}
    >>> score([{"outputs": [output]}], "keras")
    'r2_score 0.125'
    """
    found = [_first(check) for check in checks]
    names = {output["metric"] for output in found}
    values = [output[side] for output in found]
    if len(names) > 1 or None in values:
        return MISSING
    (name,) = names
    mean = statistics.mean(values)
    if name == ACCURACY:
        return f"{100 * mean:.2f}"
    return f"{name} {four_digits(mean)}" if named else four_digits(mean)


def metric(check: dict[str, Any]) -> str:
    """Returns the name of what a file is judged by."""
    return str(_first(check)["metric"])


def measured(check: dict[str, Any], side: str) -> float:
    """Returns what a file is judged by: of accuracy, percents; NaN for nothing.

    Args:
        check: `verification` or `gate` of the JSON of a file.
        side: `"keras"` or `"tflite"`.
    """
    first = _first(check)
    value = math.nan if first[side] is None else float(first[side])
    return 100 * value if first["metric"] == ACCURACY else value


def one_metric(checks: Sequence[dict[str, Any]]) -> str:
    """Returns the name of what all files are judged by; empty if that differs.

    Example:

    >>> one_metric([{"keras_accuracy": 0.5}, {"outputs": [{"metric": "mae"}]}])
    ''
    """
    names = {metric(check) for check in checks}
    return names.pop() if len(names) == 1 else ""


def agreement(checks: Sequence[dict[str, Any]]) -> str:
    """Returns the mean share of equal decisions in %, of files that decide."""
    shares = [_first(check)["agreement"] for check in checks]
    return MISSING if None in shares else f"{100 * statistics.mean(shares):.2f}"


def largest_difference(checks: Sequence[dict[str, Any]]) -> float:
    """Returns by how much a value of a file differs from Keras' at most."""
    return float(max(_difference(check) for check in checks))


def _difference(check: dict[str, Any]) -> float:
    if "outputs" not in check:
        return float(check["max_logit_difference"])
    return float(max(output["max_difference"] for output in check["outputs"]))


def _first(check: dict[str, Any]) -> dict[str, Any]:
    """The first output that is judged; of classes their accuracy."""
    if "outputs" in check:
        judged = [output for output in check["outputs"] if output["metric"]]
        first: dict[str, Any] = (judged or check["outputs"])[0]
        return first
    return {
        "metric": ACCURACY,
        "keras": check.get("keras_accuracy"),
        "tflite": check.get("tflite_accuracy"),
        "agreement": check.get("argmax_agreement"),
    }
