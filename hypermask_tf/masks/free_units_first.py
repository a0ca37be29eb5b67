"""Free units before those of earlier tasks."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from hypermask_tf import checks
from hypermask_tf.masks.allocation import Allocation
from hypermask_tf.masks.per_group import per_group
from hypermask_tf.masks.portion import portion


@keras.saving.register_keras_serializable("hypermask_tf")
class FreeUnitsFirst(Allocation):
    """A task takes free units while there are any, then those of earlier tasks.

    What a task shares it may hardly change, so a task of its own units learns more
    surely. It needs a protection that tracks use: `Freeze`, or
    `WeightPenalty(on="used")`.

    Args:
        reuse: Share of the task's units, 0 to 1, that may be units of earlier tasks
            although free ones are left: one number below 1, or one per group.

    Raises:
        ValueError: If a share is out of range, or all are 1.

    Example:

    >>> FreeUnitsFirst().free_count(40, 0), FreeUnitsFirst(0.25).free_count(40, 0)
    (40, 30)
    """

    def __init__(self, reuse: float | Sequence[float] = 0.0) -> None:
        self.reuse = checks.check_numbers("reuse", reuse)
        shares = np.atleast_1d(self.reuse)
        if not (np.all((shares >= 0) & (shares <= 1)) and shares.min() < 1):
            raise ValueError(
                "`reuse` is a share from 0 (free units only) to below 1, or one per "
                "group of which some are below 1; for any unit, use `AnyUnits()`. "
                f"Received: reuse={reuse}"
            )

    def check_groups(self, groups: int) -> None:
        per_group("reuse", self.reuse, groups)

    def free_count(self, count: int, group: int) -> int:
        share = self.reuse[group] if isinstance(self.reuse, list) else self.reuse
        return count - portion(count, share)

    def get_config(self) -> dict[str, Any]:
        return {"reuse": self.reuse}
