"""The mask of one task, over the scores and over the target's variables."""

import functools
from typing import Any

from hypermask_tf.masks.layout import MaskLayout

Tensor = Any


class TaskMask:
    """What one task's scores mean, computed as far as somebody asks.

    Args:
        layout: From scores to masks.
        scores: Scores of the task, `(N,)`.
        on: Which of them are on; boolean `(N,)`.
    """

    def __init__(self, layout: MaskLayout, scores: Tensor, on: Tensor) -> None:
        self._layout, self.scores, self.on = layout, scores, on

    @functools.cached_property
    def values(self) -> Tensor:
        """The semi-binary mask over the scores; `(N,)`."""
        return self._layout.values(self.scores, self.on)

    @functools.cached_property
    def masks(self) -> list[Tensor | None]:
        """Masks of all trainable variables, broadcastable to them; None: unmasked."""
        return self._layout.masks(self.scores, self.on)
