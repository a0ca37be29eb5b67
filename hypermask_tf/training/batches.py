"""Seeded, shuffled batches of one task: which samples a step sees, and their arrays."""

import itertools
import warnings
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from hypermask_tf.scenarios import Task
from hypermask_tf.scenarios.seeding import random_permutation


def batch_rows(
    samples: int, batch_size: int, steps: int, seed: int, task: int = 0
) -> npt.NDArray[np.int32]:
    """Which samples each step of a task sees.

    Every pass has an order of its own, a function of `seed`, `task` and the pass alone:
    whoever stops after any step goes on with the batches that would have come. All
    batches have the same size, so nothing is compiled for a remainder; the samples left
    over at the end of a pass are others at the next.

    Args:
        samples: Number of samples.
        batch_size: Samples per batch, at most `samples`.
        steps: Number of batches.
        seed: Seed of the run.
        task: Index of the task.

    Returns:
        Indices of samples, `(steps, batch_size)`.

    Raises:
        ValueError: If there are fewer samples than a batch takes.

    Example:

    >>> batch_rows(6, 2, steps=3, seed=1).shape
    (3, 2)
    """
    if samples < batch_size:
        raise ValueError(
            "A batch must not be larger than a task's training data. "
            f"Received: batch_size={batch_size} for {samples} samples"
        )
    each = samples // batch_size
    passes = [
        random_permutation(samples, seed, task, i)[: each * batch_size]
        for i in range(-(-steps // each))
    ]
    rows = np.concatenate(passes).reshape(-1, batch_size) if passes else np.empty(0)
    return rows[:steps].astype("int32").reshape(steps, batch_size)


def task_batches(
    x: np.ndarray,
    y: np.ndarray,
    rows: np.ndarray,
    weights: np.ndarray | None = None,
) -> Any:
    """Batches for `fit(..., steps_per_epoch=…)`.

    Args:
        x: Samples, `(n, ...)`.
        y: Labels, `(n,)`.
        rows: What each step sees, from `batch_rows`.
        weights: Weight of each sample in the loss, `(n,)`; None for one each.

    Returns:
        A `tf.data.Dataset` of `(x, y)`, or `(x, y, weight)`; on another backend,
        which may do without TensorFlow, a generator. It starts again at its end, where
        Keras looks one batch ahead.
    """
    arrays = (x, y) if weights is None else (x, y, weights)
    if keras.backend.backend() != "tensorflow":
        return (
            tuple(array[chosen] for array in arrays) for chosen in itertools.cycle(rows)
        )
    import tensorflow as tf

    with tf.device("cpu:0"):
        tensors = [tf.constant(array) for array in arrays]
    return (
        tf.data.Dataset.from_tensor_slices(rows)
        .repeat()
        .map(lambda chosen: tuple(tf.gather(tensor, chosen) for tensor in tensors))
        .prefetch(8)
    )


def balanced_weights(y: np.ndarray) -> npt.NDArray[np.float32]:
    """Weights of samples by which every class that occurs counts the same.

    Those of scikit-learn's `"balanced"`: samples / (classes * samples of the class),
    so that they are 1 on average.

    Args:
        y: Labels, `(n,)`.

    Example:

    >>> balanced_weights(np.array([0, 0, 0, 0, 1, 1])).tolist()
    [0.75, 0.75, 0.75, 0.75, 1.5, 1.5]
    """
    counts = np.bincount(y)
    classes = np.count_nonzero(counts)
    return (len(y) / (classes * counts[y])).astype(np.float32)


def as_learned(
    task: Task, data: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Data of a task as its network learns them: numbers on a scale, `(n, 1)`."""
    x, y = data
    return data if task.number is None else (x, task.number.to_scale(y)[:, None])


def first_samples(task: Task, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The first `count` training samples of a task, all of them for 0.

    A class that none of them has cannot be learned: a warning names it.
    """
    x, y = task.train
    if not count:
        return x, y
    x, y = x[:count], y[:count]
    missing = sorted(set(range(task.num_classes)) - set(y.tolist()))
    if missing and task.number is None:
        names = ", ".join(task.class_names[label] for label in missing)
        warnings.warn(
            f"The first {count} training samples of {task.name} have none of class "
            f"{names}, which cannot be learned. Take more.",
            stacklevel=2,
        )
    return x, y
