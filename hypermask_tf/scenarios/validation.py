"""Which training samples are set aside for validation."""

import warnings
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt

from hypermask_tf.scenarios.seeding import random_permutation

Indices = npt.NDArray[np.int64]


def split_validation(
    rows: Indices,
    labels: npt.NDArray[Any],
    validation_size: int | float,
    validation_from: str = "first",
    *,
    seed: tuple[int, ...] = (0,),
) -> tuple[Indices, Indices]:
    """Divides the training samples of a task into training and validation.

    Args:
        rows: Positions of the task's samples in the data set, ascending.
        labels: Labels of the whole data set.
        validation_size: Number of samples to set aside, or their fraction.
        validation_from: `"first"` sets the first samples aside, as the authors of
            HyperMask do; `"random"` sets aside a random choice.
        seed: Seed of the random choice.

    Returns:
        Two disjoint, ascending arrays of positions: training and validation.

    Raises:
        ValueError: If nothing, or not every class, is left for training.

    Example:

    >>> import numpy as np
    >>> from hypermask_tf.scenarios.validation import split_validation
    >>> labels = np.array([0, 1, 0, 1, 0, 1])
    >>> train, validation = split_validation(np.arange(6), labels, 2)
    >>> train.tolist(), validation.tolist()
    ([2, 3, 4, 5], [0, 1])
    """
    count = _count(len(rows), validation_size)
    if validation_from == "first":
        order = np.arange(len(rows))
    elif validation_from == "random":
        order = random_permutation(len(rows), *seed)
    else:
        raise ValueError(
            "Expected `validation_from` to be 'first' or 'random'. Received: "
            f"validation_from={validation_from!r}. Choose one of the two."
        )
    validation, train = np.sort(rows[order[:count]]), np.sort(rows[order[count:]])
    _check_classes(labels[rows], labels[train], labels[validation])
    return train, validation


def _count(total: int, validation_size: int | float) -> int:
    if isinstance(validation_size, Integral):
        count = int(validation_size)
    elif 0.0 <= validation_size < 1.0:
        count = round(total * validation_size)
    else:
        count = -1
    if not 0 <= count < total:
        raise ValueError(
            "Expected `validation_size` to be a fraction (0.0 <= size < 1.0) or a "
            f"number of samples smaller than the {total} of the task. Received: "
            f"validation_size={validation_size}. Use less, or 0 for no validation."
        )
    return count


def _check_classes(
    every: npt.NDArray[Any], train: npt.NDArray[Any], validation: npt.NDArray[Any]
) -> None:
    unlearnable = np.setdiff1d(every, train).tolist()
    if unlearnable:
        raise ValueError(
            "Expected training samples of every class after validation samples were "
            f"set aside. Received: none left with label {unlearnable}. Samples sorted "
            "by class do this: use `validation_from='random'`, or shuffle them."
        )
    unseen = np.setdiff1d(every, validation).tolist()
    if len(validation) and unseen:
        warnings.warn(
            f"No validation sample has label {unseen}: validation accuracy will not "
            "speak of these classes. Use `validation_from='random'` if the samples "
            "are sorted by class, or a larger `validation_size`.",
            stacklevel=2,
        )
