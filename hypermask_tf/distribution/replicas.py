"""What copies of a learner that take the same steps must agree on.

Only `tf.distribute` has such copies: each sees its share of a batch. On JAX a program
over many devices computes what one over one device does, and nothing is to be done.
"""

import contextlib
from collections.abc import Sequence
from typing import Any

import keras

Tensor = Any


def count() -> int:
    """Replicas that share the batch at hand; 1 without a `tf.distribute.Strategy`."""
    if keras.backend.backend() != "tensorflow":
        return 1
    import tensorflow as tf

    return int(tf.distribute.get_strategy().num_replicas_in_sync)


def of(model: Any) -> int:
    """Replicas of the strategy that `model` was made under."""
    if keras.backend.backend() != "tensorflow":
        return 1
    return int(model.distribute_strategy.num_replicas_in_sync)


def mean(values: Sequence[Tensor]) -> list[Tensor]:
    """The mean of each value over all replicas; the values themselves if there is one.

    Replicas wait for each other here.
    """
    if count() == 1 or not values:
        return list(values)
    import tensorflow as tf

    replica = tf.distribute.get_replica_context()
    if replica is None:  # nobody else to ask
        return list(values)
    return list(replica.all_reduce(tf.distribute.ReduceOp.MEAN, list(values)))


def scope(model: keras.Model) -> contextlib.AbstractContextManager[Any]:
    """Where a copy of `model` must be made, to live on the same devices.

    Values of variables are read outside: in there they are those of all replicas.
    """
    if keras.backend.backend() != "tensorflow":
        return contextlib.nullcontext()
    return model.distribute_strategy.scope()
