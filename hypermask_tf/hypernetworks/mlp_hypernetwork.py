"""The paper's hypernetwork: an MLP from a task's embedding to all its scores."""

from collections.abc import Sequence
from typing import Any

import keras

from hypermask_tf.hypernetworks.dense_stack import (
    DenseStack,
    check_hidden,
    stack_parameters,
)
from hypermask_tf.hypernetworks.hypernetwork import Hypernetwork

Tensor = Any


@keras.saving.register_keras_serializable("hypermask_tf")
class MLPHypernetwork(Hypernetwork):
    """An MLP with ELU that maps a task's embedding to all mask scores at once.

    Its last layer holds `hidden[-1] * scores` weights: with a score per weight it
    is far larger than the target, with a score per unit it is small.

    Args:
        embedding_dim: Length of each task's embedding.
        hidden: Widths of the hidden layers, for instance `(25, 25)`.
        seed: Seed of the embeddings.
        rate: How fast it learns, see `Hypernetwork`.
        **kwargs: `drift` and `memory_limit`, see `Hypernetwork`, and what any Keras
            layer takes.

    Raises:
        ValueError: If a width or the rate is not positive.

    Example:

    >>> hypernetwork = MLPHypernetwork(embedding_dim=8, hidden=(16,))
    >>> hypernetwork.create(num_tasks=3, num_scores=100)
    >>> tuple(hypernetwork(keras.ops.arange(2)).shape)
    (2, 100)

    Reference: HyperMask, arXiv 2310.00113, section 3.
    """

    shifts = True

    def __init__(
        self,
        embedding_dim: int = 128,
        hidden: Sequence[int] = (25, 25),
        seed: int | None = None,
        rate: float = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(embedding_dim, seed, rate, **kwargs)
        self.hidden = check_hidden(hidden)

    def _widths(self, num_scores: int) -> tuple[int, ...]:
        return (self.embedding_dim, *self.hidden, num_scores)

    def num_parameters(self, num_tasks: int, num_scores: int) -> int:
        embeddings = num_tasks * self.embedding_dim
        return embeddings + stack_parameters(self._widths(num_scores))

    def create_weights(self) -> None:
        self.stack = DenseStack(self._widths(self.num_scores), self.rate, name="stack")

    def compiled_by_xla(self, yes: bool) -> None:
        super().compiled_by_xla(yes)
        self.stack.fused = yes

    def emit(self, embeddings: Tensor) -> Tensor:
        return self.stack(embeddings)

    def shift_scores(self, shift: Any) -> None:
        bias = self.stack.biases[-1]
        bias.assign(bias.value + shift / self.rate)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "hidden": list(self.hidden)}
