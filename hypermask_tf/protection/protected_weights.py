"""The weights that tasks share, as a training step sees them."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

Tensor = Any


@dataclasses.dataclass(frozen=True)
class ProtectedWeights:
    """The weights θ that a protection may penalise, one entry per tensor.

    Attributes:
        values: θ now.
        references: θ*, the weights when the task being learned began.
        used: Boolean, true where the mask of an earlier task lets a weight through;
            empty unless the protection tracks use.
        mask: Returns the mask of the task being learned, broadcastable to each tensor;
            None stands for 1.
    """

    values: Sequence[Tensor]
    references: Sequence[Tensor]
    used: Sequence[Tensor]
    mask: Callable[[], Sequence[Tensor | None]]
