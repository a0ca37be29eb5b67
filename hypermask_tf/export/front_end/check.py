"""Holds a front end against what the tasks were learned from."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

# Largest difference allowed between the logarithms of energies: 5 % of an energy.
# Rounding makes 1 % in the silent bands of a pure tone at full scale, and much less of
# anything that is recorded.
TOLERANCE = 0.05


@dataclasses.dataclass(frozen=True)
class FrontEndCheck:
    """How the features of a file compare with those that tasks were learned from.

    Args:
        examples: how many waves were compared: the test sets of the tasks.
        max_difference: largest difference of the logarithm of an energy.
        mean_difference: mean of these differences.
        failures: what was outside tolerance; empty when the file is good.
    """

    examples: int
    max_difference: float
    mean_difference: float
    failures: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Returns a dictionary of plain types."""
        return {
            "split": "test",
            **dataclasses.asdict(self),
            "tolerance": TOLERANCE,
            "failures": list(self.failures),
            "passed": not self.failures,
        }


def compare_features(
    wanted: Mapping[int, np.ndarray],
    found: Mapping[int, np.ndarray],
    scale: Any = 1.0,
) -> FrontEndCheck:
    """Compares the features of tasks, by number of task.

    Args:
        wanted: those of `scenarios.preprocess`.
        found: those of the file.
        scale: what logarithms were multiplied with to make features.

    Example:

    >>> compare_features({0: np.zeros((2, 3, 1))}, {0: np.ones((2, 3, 1))}).failures
    ('logarithms of energies differ by 1, more than 0.05',)
    """
    examples = sum(len(values) for values in wanted.values())
    if not all(np.isfinite(values).all() for values in found.values()):
        return FrontEndCheck(examples, 0.0, 0.0, ("features are not finite",))
    parts = [
        np.abs((wanted[task] - found[task]) / np.asarray(scale)).ravel()
        for task in wanted
    ]
    differences = np.concatenate(parts)
    largest = float(differences.max())
    reason = f"logarithms of energies differ by {largest:.3g}, more than {TOLERANCE:g}"
    failures = (reason,) if largest > TOLERANCE else ()
    return FrontEndCheck(examples, largest, float(differences.mean()), failures)
