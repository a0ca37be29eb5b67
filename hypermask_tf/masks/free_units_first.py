"""Free units before those of earlier tasks."""

from typing import Any

import keras

from hypermask_tf.masks.allocation import Allocation
from hypermask_tf.masks.portion import portion


@keras.saving.register_keras_serializable("hypermask_tf")
class FreeUnitsFirst(Allocation):
    """A task takes free units while there are any, then those of earlier tasks.

    What a task shares it may hardly change, so a task of its own units learns more
    surely. It needs a protection that tracks use: `Freeze`, or
    `WeightPenalty(on="used")`.

    Args:
        reuse: Share of the task's units, 0 to below 1, that may be units of earlier
            tasks although free ones are left.

    Raises:
        ValueError: If `reuse` is no such share.

    Example:

    >>> FreeUnitsFirst().free_count(40), FreeUnitsFirst(reuse=0.25).free_count(40)
    (40, 30)
    """

    def __init__(self, reuse: float = 0.0) -> None:
        if not 0 <= reuse < 1:
            raise ValueError(
                "`reuse` is a share from 0 (free units only) to below 1; for any unit, "
                f"use `AnyUnits()`. Received: reuse={reuse}"
            )
        self.reuse = float(reuse)

    def free_count(self, count: int) -> int:
        return count - portion(count, self.reuse)

    def get_config(self) -> dict[str, Any]:
        return {"reuse": self.reuse}
