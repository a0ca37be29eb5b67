"""One layer's place in a unit graph."""

import dataclasses
from typing import Any

import numpy as np


@dataclasses.dataclass
class UnitStep:
    """One call of a layer, with the units of the tensors around it.

    Attributes:
        name: The layer's name; inside a nested model, after the model's and a slash.
        operation: The layer or operation; None for an input of the model.
        sources: Index of the step that made each tensor that goes in.
        inputs: Unit numbers along the last axis of each tensor that goes in.
        outputs: Unit numbers along the last axis of each tensor that comes out.
        tensors: The tensors that come out, symbolic.
        ties: Whether it makes units of several inputs the same, position by position.
    """

    name: str
    operation: Any
    sources: tuple[int, ...]
    inputs: list[np.ndarray]
    outputs: list[np.ndarray]
    tensors: list[Any]
    ties: bool = False

    def renumber(self, numbers: np.ndarray) -> None:
        """Replaces every unit `u` by `numbers[u]`."""
        self.inputs = [numbers[units] for units in self.inputs]
        self.outputs = [numbers[units] for units in self.outputs]
