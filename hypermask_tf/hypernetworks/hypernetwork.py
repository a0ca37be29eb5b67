"""The interface of everything that emits mask scores for tasks."""

import math
import random
from typing import Any

import keras
from keras import ops

from hypermask_tf import checks
from hypermask_tf.hypernetworks.drift_penalty import DriftPenalty
from hypermask_tf.hypernetworks.fan_in_uniform import RowNormal
from hypermask_tf.spec import revived

Tensor = Any

GIB = 2**30


class Hypernetwork(keras.layers.Layer):
    """Emits the mask scores of tasks: `(tasks,)` ids in, `(tasks, scores)` out.

    A subclass implements `num_parameters`, `create_weights` and `emit`. Its
    arguments are hyper-parameters only; `HyperMask` tells it the number of tasks
    and scores through `create`, so one description fits any target.

    Args:
        embedding_dim: Length of each task's learned embedding.
        seed: Seed of the embeddings; drawn from Keras's seed when None.
        rate: How fast it learns: the optimizer's rate is multiplied by so much. Held
            by variables that are 1/`rate` of what they stand for, which is exact for
            optimizers whose steps do not depend on the size of gradients (Adam).
        drift: What stops the masks of earlier tasks from drifting, where tasks share
            parameters. Default: `DriftPenalty()`; a protection that freezes needs none.
        memory_limit: Bytes allowed for its weights with optimizer moments.

    Raises:
        ValueError: If `embedding_dim` or `rate` is not positive.

    Attributes:
        shared: True if tasks share parameters, so that learning one moves the
            masks of others and the output regulariser is needed.
        fused: True if XLA compiles the training step; products may then be written
            for it, see `wide_product`.
        shifts: True if every score has a bias, so that `shift_scores` works.

    Call arguments:
        tasks: int32 tensor of task ids, shape `(tasks,)`.

    Reference: HyperMask, arXiv 2310.00113, section 3; hypernetworks for continual
    learning, von Oswald et al., arXiv 1906.00695.
    """

    shared = True
    fused = False
    shifts = False

    def __init__(
        self,
        embedding_dim: int = 32,
        seed: int | None = None,
        rate: float = 1.0,
        drift: DriftPenalty | None = None,
        memory_limit: int = 2 * GIB,
        **kwargs: Any,
    ) -> None:
        # Scores decide what is zero: they stay in float32 under any policy.
        super().__init__(**{"dtype": "float32", **kwargs})
        if embedding_dim < 1:
            raise ValueError(
                "`embedding_dim` must be at least 1. "
                f"Received: embedding_dim={embedding_dim}"
            )
        if not 0 < rate < math.inf:
            raise ValueError(f"`rate` must be positive. Received: rate={rate}")
        self.embedding_dim = int(embedding_dim)
        self.rate = float(rate)
        self.drift = revived(drift)
        if self.drift is not None:
            checks.check_part("drift", self.drift, DriftPenalty)
        self.memory_limit = int(memory_limit)
        # Drawn from Python's generator, as Keras does for its own initialisers,
        # so that `keras.utils.set_random_seed` decides.
        self.seed = random.randint(1, 2**30) if seed is None else int(seed)
        self.num_tasks = 0
        self.num_scores = 0

    def num_parameters(self, num_tasks: int, num_scores: int) -> int:
        """Number of trainable values for so many tasks and scores."""
        raise NotImplementedError

    def state_bytes(self, num_tasks: int, num_scores: int) -> int:
        """Bytes kept beside the parameters: the scores of earlier tasks, for R_out."""
        return 4 * num_tasks * num_scores

    def create_weights(self) -> None:
        """Makes all variables but the embeddings."""
        raise NotImplementedError

    def emit(self, embeddings: Tensor) -> Tensor:
        """Embeddings `(tasks, embedding_dim)` to scores `(tasks, scores)`."""
        raise NotImplementedError

    def create(self, num_tasks: int, num_scores: int) -> None:
        """Makes the variables for `num_tasks` tasks and `num_scores` scores.

        Raises:
            ValueError: If it was called before: every model needs its own.
        """
        if self.built:
            raise ValueError(
                f"{type(self).__name__} already belongs to a model. Give every "
                "HyperMask a hypernetwork of its own. "
                f"Received: one with num_scores={self.num_scores}"
            )
        self.num_tasks, self.num_scores = num_tasks, num_scores
        self._create_embeddings()
        self.create_weights()
        self.built: bool = True

    def _create_embeddings(self) -> None:
        self.embeddings = self.add_weight(
            shape=(self.num_tasks, self.embedding_dim),
            initializer=RowNormal(self.seed),
            name="embeddings",
        )
        self.embeddings.assign(self.embeddings.value / self.rate)

    def build(self, *args: Any) -> None:
        """Nothing: `create` makes the variables."""

    def call(self, tasks: Tensor) -> Tensor:
        # A product with one-hot rows, not a gather: its gradient is dense, small
        # and the same on every backend.
        rows = ops.one_hot(tasks, self.num_tasks, dtype="float32")
        return self.emit(ops.matmul(rows, self.embeddings) * self.rate)

    def shift_scores(self, shift: Any) -> None:
        """Adds `shift`, `(N,)`, to the scores of the task being learned.

        Where tasks share what emits their scores, those of all tasks shift.

        Raises:
            NotImplementedError: If there is no place for it (`shifts` is False).
        """
        raise NotImplementedError(f"{type(self).__name__} has no bias per score")

    def compiled_by_xla(self, yes: bool) -> None:
        """Called when it is known whether XLA compiles the training step."""
        self.fused = yes

    def begin_task(self, task: int) -> None:
        """Called when learning of `task` begins; nothing to do for shared ones."""

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "embedding_dim": self.embedding_dim,
            "seed": self.seed,
            "rate": self.rate,
            "drift": keras.saving.serialize_keras_object(self.drift),
            "memory_limit": self.memory_limit,
        }
