"""What says how well a run does: accuracy of classes, or the error of a number."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from hypermask_tf.checks import four_digits
from hypermask_tf.scenarios import Scenario


@dataclasses.dataclass(frozen=True)
class Measure:
    """A figure that is measured of every task, and how it is told.

    Args:
        name: What logs, `results.json` and files of pictures call it.
        title: What people call it.
        higher_is_better: Whether more of it is better.
        factor: What it is multiplied with to be shown.
        digits: Digits behind the point of what is shown; None for four in all.
        unit: What stands behind that.
        beside: What `results.json` holds of each task besides.

    Example:

    >>> ACCURACY.shown(0.75), MAE.shown(1234.5)
    ('75.00', '1,234')
    """

    name: str
    title: str
    higher_is_better: bool
    factor: float
    digits: int | None
    unit: str
    beside: tuple[str, ...]

    @property
    def sign(self) -> int:
        """1 where more is better, else -1."""
        return 1 if self.higher_is_better else -1

    @property
    def monitor(self) -> str:
        """Its name in the logs of an epoch, on validation data."""
        return f"val_{self.name}"

    @property
    def mode(self) -> str:
        """Which is best, as Keras's callbacks call it."""
        return "max" if self.higher_is_better else "min"

    def shown(self, value: float) -> str:
        """A value as tables show it."""
        if self.digits is None:
            return four_digits(self.factor * value)
        return f"{self.factor * value:.{self.digits}f}"


ACCURACY = Measure(
    "accuracy", "accuracy", True, 100.0, 2, " %", ("balanced_accuracy", "macro_f1")
)
# Mean absolute error, in the unit of the data.
MAE = Measure("mae", "MAE", False, 1.0, None, "", ("r2_score", "mean_mae"))
_BY_NAME = {measure.name: measure for measure in (ACCURACY, MAE)}


def of_scenario(scenario: Scenario) -> Measure:
    """What is measured of the tasks of a scenario."""
    return MAE if scenario.predicts_numbers else ACCURACY


def of_results(results: Mapping[str, Any]) -> Measure:
    """What was measured of the tasks of a run.

    Args:
        results: What its `results.json` holds; that of an older version speaks of
            accuracy.
    """
    return _BY_NAME[results.get("measure", ACCURACY.name)]
