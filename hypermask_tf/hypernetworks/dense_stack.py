"""The hidden layers that hypernetworks have in common, as plain variables."""

import itertools
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from hypermask_tf.hypernetworks.fan_in_uniform import fan_in_uniform
from hypermask_tf.hypernetworks.wide_product import wide_product

Tensor = Any


def check_hidden(hidden: Sequence[int]) -> tuple[int, ...]:
    """Validates the widths of hidden layers.

    Raises:
        ValueError: If one is not a positive integer.
    """
    widths = tuple(int(width) for width in hidden)
    if any(width < 1 for width in widths):
        raise ValueError(
            f"`hidden` must hold positive layer widths. Received: hidden={hidden}"
        )
    return widths


def stack_parameters(widths: Sequence[int]) -> int:
    """Parameters of a stack of dense layers with biases."""
    return sum(m * n + n for m, n in itertools.pairwise(widths))


class DenseStack(keras.layers.Layer):
    """Dense layers with ELU between them, in the authors' initialisation.

    The last layer is the wide one, a row of weights per score, and is stored that
    way round: `(scores, hidden)`. The products of its backward pass then read the
    weights in order, which is faster under XLA on a CPU.

    Args:
        widths: Input width, hidden widths, output width.
        rate: Variables hold so many times less than they stand for, see
            `Hypernetwork`.

    Attributes:
        fused: Whether XLA compiles the step, see `wide_product`.
    """

    def __init__(self, widths: Sequence[int], rate: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.widths = tuple(widths)
        self.rate = rate
        self.fused = False
        self.kernels, self.biases = [], []
        last = len(self.widths) - 2
        for i, (fan_in, width) in enumerate(itertools.pairwise(self.widths)):
            shape = (width, fan_in) if i == last else (fan_in, width)
            self.kernels.append(
                self.add_weight(shape, fan_in_uniform(fan_in), name=f"kernel_{i}")
            )
            self.biases.append(
                self.add_weight((width,), fan_in_uniform(fan_in), name=f"bias_{i}")
            )
        if rate != 1:  # else a copy of the largest variable, for nothing
            for variable in (*self.kernels, *self.biases):
                variable.assign(variable.value / rate)
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        x = inputs
        for kernel, bias in zip(self.kernels[:-1], self.biases[:-1], strict=True):
            x = ops.elu(self._scaled(ops.matmul(x, kernel) + bias))
        product = wide_product(self.kernels[-1], x, self.fused)
        return self._scaled(product + self.biases[-1])

    def _scaled(self, values: Tensor) -> Tensor:
        return values if self.rate == 1 else values * self.rate

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "widths": self.widths, "rate": self.rate}
