"""A trained network that stays as it is, and parts of its own for each task."""

import math
from collections.abc import Sequence
from typing import Any

import keras

from hypermask_tf import checks
from hypermask_tf.base.base import Base
from hypermask_tf.base.low_rank import frozen_with_paths, has_paths
from hypermask_tf.masks import Masks, find_roles
from hypermask_tf.masks.roles import NORMALIZATION
from hypermask_tf.masks.whole_target import WholeTarget
from hypermask_tf.units.flat_graph import FlatGraph


@keras.saving.register_keras_serializable("hypermask_tf")
class FrozenBase(Base):
    """All tasks compute with a trained network, and each adds small parts of its own.

    The large layers of the network are frozen, and stored once for all tasks. A task
    owns its head, its normalisation, the small layers, and a low-rank path beside each
    large dense layer and convolution. All of them begin as the network has them:
    before training a task computes with the features that the network has.

    `FrozenBase(rank=0, own=0)` is a linear head on frozen features.

    Args:
        rank: Channels of a path; 0 for none.
        own: Layers of at most this share of the network's weights belong to each task,
            0 to below 1, and normalisation with them; 0 for none of both.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> import hypermask_tf as hm
    >>> layers = keras.layers
    >>> trained = keras.Sequential(
    ...     [
    ...         keras.Input((8, 8, 3)),
    ...         layers.Conv2D(16, 3),
    ...         layers.BatchNormalization(),
    ...         layers.ReLU(),
    ...         layers.GlobalAveragePooling2D(),
    ...         layers.Dense(2),
    ...     ]
    ... )
    >>> model = hm.HyperMask(trained, num_tasks=3, base=hm.FrozenBase(rank=2))
    >>> [v.shape[-1] for v in model.target.trainable_variables]  # path, norm, head
    [2, 16, 16, 16, 2, 2]

    Source: low-rank paths, Hu et al. 2021 (arXiv 2106.09685); normalisation of a task's
    own, Bilen and Vedaldi 2017 (arXiv 1701.07275).
    """

    def __init__(self, rank: int = 4, own: float = 0.005) -> None:
        self.rank = checks.check_positive("rank", rank, 0)
        self.own = checks.check_strength("own", own)
        if self.own >= 1:
            raise ValueError(
                f"`own` is a share of the network's weights, below 1. Received: {own}"
            )

    def prepare(self, target: keras.Model) -> keras.Model:
        if has_paths(target):
            return target
        return frozen_with_paths(target, self._own_layers(target), self.rank)

    def _own_layers(self, target: keras.Model) -> set[int]:
        """Identities of the layers that belong to each task."""
        variables = target.trainable_variables
        head = {
            id(variable)
            for variable, flag in zip(variables, find_roles(target).head, strict=True)
            if flag
        }
        most = self.own * _size([v for v in variables if id(v) not in head])
        own = set()
        for step in FlatGraph(target).steps:
            weights = step.operation.trainable_variables if step.is_layer else []
            small = 0 < _size(weights) <= most
            normalizes = isinstance(step.operation, NORMALIZATION) and self.own > 0
            if small or normalizes or head & {id(v) for v in weights}:
                own.add(id(step.operation))
        return own

    def masks(self) -> Masks:
        return WholeTarget()

    def get_config(self) -> dict[str, Any]:
        return {"rank": self.rank, "own": self.own}


def _size(variables: Sequence[Any]) -> int:
    return sum(math.prod(v.shape) for v in variables)
