"""A hypernetwork that emits the scores in chunks, to stay small."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from hypermask_tf.hypernetworks.dense_stack import (
    DenseStack,
    check_hidden,
    stack_parameters,
)
from hypermask_tf.hypernetworks.hypernetwork import Hypernetwork

Tensor = Any


@keras.saving.register_keras_serializable("hypermask_tf")
class ChunkedHypernetwork(Hypernetwork):
    """One MLP that emits `chunk_size` scores at a time, told which chunk.

    A learned embedding per chunk joins the task's embedding at the input. The
    last layer shrinks from `hidden * scores` to `hidden * chunk_size` weights.

    Args:
        embedding_dim: Length of each task's embedding.
        hidden: Widths of the hidden layers.
        chunk_size: Scores emitted per chunk.
        chunk_embedding_dim: Length of each chunk's embedding.
        seed: Seed of the embeddings.
        rate: How fast it learns, see `Hypernetwork`.
        **kwargs: `drift` and `memory_limit`, see `Hypernetwork`, and what any Keras
            layer takes.

    Raises:
        ValueError: If a size or the rate is not positive.

    Example:

    >>> hypernetwork = ChunkedHypernetwork(8, (16,), chunk_size=30)
    >>> hypernetwork.create(num_tasks=3, num_scores=100)
    >>> tuple(hypernetwork(keras.ops.arange(2)).shape)
    (2, 100)

    Reference: von Oswald et al., arXiv 1906.00695, section 3.1 (chunking).
    """

    def __init__(
        self,
        embedding_dim: int = 128,
        hidden: Sequence[int] = (100,),
        chunk_size: int = 4096,
        chunk_embedding_dim: int = 32,
        seed: int | None = None,
        rate: float = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(embedding_dim, seed, rate, **kwargs)
        self.hidden = check_hidden(hidden)
        for name, value in (
            ("chunk_size", chunk_size),
            ("chunk_embedding_dim", chunk_embedding_dim),
        ):
            if value < 1:
                raise ValueError(f"`{name}` must be positive. Received: {name}={value}")
        self.chunk_size = int(chunk_size)
        self.chunk_embedding_dim = int(chunk_embedding_dim)

    def num_chunks(self, num_scores: int) -> int:
        """Chunks needed for `num_scores` scores; the last may be cut."""
        return -(-num_scores // self.chunk_size)

    def _widths(self) -> tuple[int, ...]:
        first = self.embedding_dim + self.chunk_embedding_dim
        return (first, *self.hidden, self.chunk_size)

    def num_parameters(self, num_tasks: int, num_scores: int) -> int:
        embeddings = num_tasks * self.embedding_dim
        chunks = self.num_chunks(num_scores) * self.chunk_embedding_dim
        return embeddings + chunks + stack_parameters(self._widths())

    def create_weights(self) -> None:
        self.chunk_embeddings = self.add_weight(
            shape=(self.num_chunks(self.num_scores), self.chunk_embedding_dim),
            initializer=keras.initializers.RandomNormal(stddev=1.0),
            name="chunk_embeddings",
        )
        self.chunk_embeddings.assign(self.chunk_embeddings.value / self.rate)
        self.stack = DenseStack(self._widths(), self.rate, name="stack")

    def compiled_by_xla(self, yes: bool) -> None:
        super().compiled_by_xla(yes)
        self.stack.fused = yes

    def emit(self, embeddings: Tensor) -> Tensor:
        tasks, chunks = embeddings.shape[0], self.num_chunks(self.num_scores)
        chunk_embeddings = self.chunk_embeddings * self.rate
        # (tasks, chunks, task embedding + chunk embedding)
        pairs = ops.concatenate(
            [
                ops.repeat(ops.expand_dims(embeddings, 1), chunks, axis=1),
                ops.repeat(ops.expand_dims(chunk_embeddings, 0), tasks, axis=0),
            ],
            axis=-1,
        )
        scores = self.stack(ops.reshape(pairs, (tasks * chunks, -1)))
        scores = ops.reshape(scores, (tasks, chunks * self.chunk_size))
        return scores[:, : self.num_scores]

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "hidden": list(self.hidden),
            "chunk_size": self.chunk_size,
            "chunk_embedding_dim": self.chunk_embedding_dim,
        }
