"""Endless, seeded, shuffled batches of one task."""

import warnings
from typing import Any

import numpy as np

from hypermask_tf.scenarios import Task


def task_batches(x: np.ndarray, y: np.ndarray, batch_size: int, seed: int) -> Any:
    """Batches for `fit(..., steps_per_epoch=…)`, reshuffled at every pass.

    All batches have the same size, so nothing is compiled for a remainder; the
    samples left over at the end of a pass are others at the next.

    Args:
        x: Samples, `(n, ...)`.
        y: Labels, `(n,)`.
        batch_size: Samples per batch, at most n of them.
        seed: Seed of the order.

    Returns:
        An infinite `tf.data.Dataset` of `(x, y)`.

    Raises:
        ValueError: If there are fewer samples than a batch takes.
    """
    import tensorflow as tf

    if len(x) < batch_size:
        raise ValueError(
            "A batch must not be larger than a task's training data. "
            f"Received: batch_size={batch_size} for {len(x)} samples"
        )
    with tf.device("cpu:0"):
        samples, labels = tf.constant(x), tf.constant(y)
    order = tf.data.Dataset.range(len(x)).shuffle(
        len(x), seed=seed, reshuffle_each_iteration=True
    )
    batches = order.batch(batch_size, drop_remainder=True).repeat()
    return batches.map(
        lambda rows: (tf.gather(samples, rows), tf.gather(labels, rows))
    ).prefetch(8)


def first_samples(task: Task, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The first `count` training samples of a task, all of them for 0.

    A class that none of them has cannot be learned: a warning names it.
    """
    x, y = task.train
    if not count:
        return x, y
    x, y = x[:count], y[:count]
    missing = sorted(set(range(task.num_classes)) - set(y.tolist()))
    if missing:
        names = ", ".join(task.class_names[label] for label in missing)
        warnings.warn(
            f"The first {count} training samples of {task.name} have none of class "
            f"{names}, which cannot be learned. Take more.",
            stacklevel=2,
        )
    return x, y
