"""Hold all outputs of a file against Keras, each by a metric of its own."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from hypermask_tf.export.examples import Examples, by_name
from hypermask_tf.export.judge import Judge
from hypermask_tf.export.verify import apart, not_finite


@dataclasses.dataclass(frozen=True)
class OutputCheck:
    """How one output of a file compares with Keras on a data set.

    Args:
        output: its name.
        metric: what it is judged by; empty where nothing judges it.
        higher_is_better: whether more of that is better.
        keras: the metric of the Keras model.
        tflite: the metric of the file at batch 1.
        agreement: share of decisions that are the same; `None` for numbers.
        max_difference: largest difference of a value.
        max_output: largest value of the Keras model, without its sign.
    """

    output: str
    metric: str
    higher_is_better: bool
    keras: float | None
    tflite: float | None
    agreement: float | None
    max_difference: float
    max_output: float


@dataclasses.dataclass(frozen=True)
class OutputsVerification:
    """How a file compares with its Keras model on a data set, output by output.

    Args:
        examples: size of the data set.
        outputs: a check for each.
        failures: what was outside tolerance; empty when the file is good.
    """

    examples: int
    outputs: tuple[OutputCheck, ...]
    failures: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether everything was inside tolerance."""
        return not self.failures

    def to_json(self) -> dict[str, Any]:
        """Returns a dictionary of plain types."""
        return {
            "examples": self.examples,
            "outputs": [dataclasses.asdict(check) for check in self.outputs],
            "failures": list(self.failures),
            "passed": self.passed,
        }


def compare_outputs(
    keras: Examples,
    tflite: Examples,
    targets: Examples,
    judges: Mapping[str, Judge],
    quantization: str,
    decides: bool,
) -> OutputsVerification:
    """Compares the outputs of a file with those of its Keras model.

    Args:
        keras: outputs, an array or arrays by name.
        tflite: the same of the file.
        targets: what they should be.
        judges: by output, in the order in which they are told; one that is missing
            only has to be finite.
        quantization: how the file was stored; float32 must also match in values.
        decides: whether a file that is worse fails, or is only reported.
    """
    names = list(by_name(keras, list(judges)))
    said, found, right = (by_name(part, names) for part in (keras, tflite, targets))
    checks, failures = [], []
    for name in names:
        judge = judges.get(name)
        check = _check(name, said[name], found[name], right.get(name), judge)
        checks.append(check)
        problems = [
            *not_finite("Keras", said[name]),
            *not_finite("file", found[name]),
            *apart(quantization, check.max_difference, check.max_output),
        ]
        if decides and judge is not None:
            problems += judge.failures(_number(check.keras), _number(check.tflite))
        prefix = f"{name}: " if len(names) > 1 else ""
        failures += [prefix + problem for problem in problems]
    return OutputsVerification(len(said[names[0]]), tuple(checks), tuple(failures))


def _check(
    name: str,
    keras: np.ndarray,
    tflite: np.ndarray,
    targets: np.ndarray | None,
    judge: Judge | None,
) -> OutputCheck:
    values: list[float | None] = [None, None]
    if judge is not None and targets is not None:
        values = [_finite(judge.value(targets, part)) for part in (keras, tflite)]
    apart_by = np.abs(keras.astype("float64") - tflite.astype("float64"))
    return OutputCheck(
        output=name,
        metric="" if judge is None else judge.metric,
        higher_is_better=judge is None or judge.higher_is_better,
        keras=values[0],
        tflite=values[1],
        agreement=None if judge is None else judge.agreement(keras, tflite),
        max_difference=float(apart_by.max()),
        max_output=float(np.abs(keras).max()),
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _number(value: float | None) -> float:
    return math.nan if value is None else value
