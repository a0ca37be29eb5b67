"""How one output of a file is held against its targets."""

import dataclasses
from collections.abc import Callable

import numpy as np

from hypermask_tf.checks import four_digits

# How much a file may lose where more is better: half a point of accuracy.
MAX_DROP = 0.005
# The same where less is better, as a share of what Keras reaches.
MAX_RISE = 0.02

Value = Callable[[np.ndarray, np.ndarray], float]


@dataclasses.dataclass(frozen=True)
class Judge:
    """How one output of a file is held against its targets.

    Args:
        metric: name of the metric.
        value: the metric, a function of targets and outputs.
        higher_is_better: whether more of it is better.
        max_drop: how much worse than Keras a file may be, in the unit of the metric;
            `None` for 0.005 where more is better, else a share of Keras' value.
        choose: what outputs decide, such as the class; `None` where they are numbers.
        max_rise: that share.
    """

    metric: str
    value: Value
    higher_is_better: bool = True
    max_drop: float | None = None
    choose: Callable[[np.ndarray], np.ndarray] | None = None
    max_rise: float = MAX_RISE

    def allowed(self, keras: float) -> float:
        """Returns how much worse than Keras a file may be."""
        if self.max_drop is not None:
            return self.max_drop
        return MAX_DROP if self.higher_is_better else self.max_rise * abs(keras)

    def failures(self, keras: float, tflite: float) -> list[str]:
        """Returns that a file is too much worse, if it is."""
        worse = keras - tflite if self.higher_is_better else tflite - keras
        # NaN compares as false, and such a file is not good.
        if worse <= self.allowed(keras) + 1e-9:
            return []
        side = "below" if self.higher_is_better else "above"
        limit, was, now = map(four_digits, (self.allowed(keras), keras, tflite))
        return [f"{self.metric} {now} is more than {limit} {side} Keras' {was}"]

    def agreement(self, keras: np.ndarray, tflite: np.ndarray) -> float | None:
        """Returns the share of decisions that are the same; `None` where none is."""
        if self.choose is None:
            return None
        return float(np.mean(self.choose(keras) == self.choose(tflite)))
