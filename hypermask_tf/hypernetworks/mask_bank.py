"""No hypernetwork at all: every task learns its own scores."""

from typing import Any

import keras
from keras import ops

from hypermask_tf.hypernetworks.fan_in_uniform import RowNormal
from hypermask_tf.hypernetworks.hypernetwork import Hypernetwork

Tensor = Any


@keras.saving.register_keras_serializable("hypermask_tf")
class MaskBank(Hypernetwork):
    """Independent learned scores per task: the baseline a sceptic asks for.

    Only the scores of the task being learned are trainable; those of earlier
    tasks lie in a bank that no optimizer sees, so their masks cannot move and the
    output regulariser has nothing to do.

    Args:
        scale: Standard deviation of a new task's scores.
        seed: Seed of the scores; each task draws its own.
        rate: How fast they learn, see `Hypernetwork`.
        **kwargs: `memory_limit`, and what any Keras layer takes.

    Raises:
        ValueError: If a `drift` is given.

    Example:

    >>> bank = MaskBank()
    >>> bank.create(num_tasks=3, num_scores=100)
    >>> tuple(bank(keras.ops.arange(2)).shape)
    (2, 100)
    """

    shared = False
    shifts = True

    def __init__(
        self,
        scale: float = 0.5,
        seed: int | None = None,
        rate: float = 1.0,
        **kwargs: Any,
    ) -> None:
        if kwargs.get("drift") is not None:
            raise ValueError(
                "`MaskBank` takes no `drift`: tasks share nothing, so nothing drifts. "
                f"Received: drift={kwargs['drift']!r}"
            )
        super().__init__(1, seed, rate, **kwargs)
        self.scale = float(scale)

    def num_parameters(self, num_tasks: int, num_scores: int) -> int:
        return num_scores

    def state_bytes(self, num_tasks: int, num_scores: int) -> int:
        return 4 * num_tasks * num_scores

    def _create_embeddings(self) -> None:
        """A bank needs no embeddings."""

    def create_weights(self) -> None:
        self.bank = self.add_weight(
            shape=(self.num_tasks, self.num_scores),
            initializer=RowNormal(self.seed),
            trainable=False,
            name="bank",
        )
        self.bank.assign(self.bank * self.scale)
        self.scores = self.add_weight(
            shape=(self.num_scores,), initializer="zeros", name="scores"
        )
        self.scores.assign(self.bank[0] / self.rate)
        self.current = self.add_weight(
            shape=(),
            initializer="zeros",
            dtype="int",
            trainable=False,
            name="current",
        )

    def call(self, tasks: Tensor) -> Tensor:
        stored = ops.take(self.bank, tasks, axis=0)
        learning = ops.expand_dims(
            ops.equal(tasks, ops.cast(self.current.value, tasks.dtype)), -1
        )
        scores = ops.expand_dims(self.scores * self.rate, 0)
        return ops.where(learning, scores, stored)

    def shift_scores(self, shift: Any) -> None:
        self.scores.assign(self.scores.value + shift / self.rate)

    def begin_task(self, task: int) -> None:
        """Puts the learned scores into the bank and takes out those of `task`."""
        bank = keras.ops.convert_to_numpy(self.bank).copy()
        bank[int(keras.ops.convert_to_numpy(self.current))] = (
            keras.ops.convert_to_numpy(self.scores) * self.rate
        )
        self.bank.assign(bank)
        self.scores.assign(bank[task] / self.rate)
        self.current.assign(task)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("embedding_dim")
        return {**config, "scale": self.scale}
