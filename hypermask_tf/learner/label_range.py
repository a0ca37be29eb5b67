"""Which labels a step has seen that no output stands for."""

from typing import Any

import keras
from keras import ops

from hypermask_tf.learner import data_checks

Tensor = Any


class LabelRange(keras.metrics.Metric):
    """The smallest and the largest label since the last reset that had no output.

    Backends differ in what they make of such a label: an error, NaN, or nothing at
    all. It is not among the logs.
    """

    def __init__(self) -> None:
        super().__init__(name="label_range")
        self._low = self.add_variable((), "zeros", name="low")
        self._high = self.add_variable((), "zeros", name="high")

    def update_state(self, y: Tensor, limit: tuple[Tensor, int | None]) -> Tensor:
        """Takes the labels of a batch; returns NaN if one has no output, else 0."""
        y = ops.cast(ops.convert_to_tensor(y), "float32")
        bad = data_checks.outside(y, limit)
        seen = ops.where(bad, y, 0.0)
        self._low.assign(ops.minimum(self._low.value, ops.min(seen, initial=0.0)))
        self._high.assign(ops.maximum(self._high.value, ops.max(seen, initial=0.0)))
        return ops.where(ops.any(bad), float("nan"), 0.0)

    def result(self) -> Tensor:
        return self._high.value

    def check(self, classes: int) -> None:
        """Raises a ValueError if a label had no output."""
        low, high = (int(ops.convert_to_numpy(v)) for v in (self._low, self._high))
        if low < 0 or high >= classes:
            raise data_checks.label_error(low, high, classes)

    def save_own_variables(self, store: Any) -> None:
        """Nothing: it is no part of what was learned."""

    def load_own_variables(self, store: Any) -> None:
        """Nothing."""
