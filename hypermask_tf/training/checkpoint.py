"""One saved state of a run."""

import dataclasses
import pathlib
from typing import Any

import keras
import numpy as np

from hypermask_tf.training.position import Position


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """A checkpoint whose files are the ones that were written.

    Args:
        position: Where in the run it was saved.
        folder: Where its files lie.
        state: What the run knew then, besides the model.
    """

    position: Position
    folder: pathlib.Path
    state: dict[str, Any]

    def load_model(self) -> Any:
        """The learner with its optimizer."""
        return keras.models.load_model(self.folder / f"{self.position.stem}.keras")

    def load_arrays(self) -> dict[str, np.ndarray]:
        """What callbacks keep, by name; mostly nothing."""
        path = self.folder / f"{self.position.stem}.npz"
        if not path.is_file():
            return {}
        with np.load(path, allow_pickle=False) as stored:
            return dict(stored)
