"""How much each weight of a network matters for a loss, by one pass over data."""

from typing import Any

import keras
from keras import ops

from hypermask_tf.keras_private import place_of

Tensor = Any


class Importance(keras.optimizers.Optimizer):
    """An optimizer that changes nothing, and adds up (w · ∂L/∂w)² of every weight.

    The square of the first term of the change in loss if the weight were zero: what
    removing it costs, to first order. Compiled with it, a model is measured by `fit`.

    Attributes:
        totals: The sums so far, one array per variable, in order.

    Source: Molchanov et al. 2019 (arXiv 1906.10771), equation 8.
    """

    def __init__(self) -> None:
        super().__init__(learning_rate=0.0, name="importance")
        self.totals: list[Any] = []

    def build(self, variables: Any) -> None:
        if self.built:
            return
        super().build(variables)
        self.totals = [
            self.add_variable_from_reference(v, name="importance") for v in variables
        ]

    def update_step(self, gradient: Tensor, variable: Any, learning_rate: Any) -> None:
        del learning_rate
        total = self.totals[place_of(self, variable)]
        cost = ops.square(ops.cast(gradient, total.dtype) * variable)
        self.assign_add(total, cost)
