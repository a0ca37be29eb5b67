"""Split MNIST and Split Fashion-MNIST: two classes per task."""

import os
from collections.abc import Sequence

from hypermask_tf.scenarios.benchmark import split_tfds
from hypermask_tf.scenarios.scenario import Scenario

# Mean and standard deviation of pixels in 0..1.
MNIST_STATISTICS = {"standardized": (0.1307, 0.3081)}
FASHION_MNIST_STATISTICS = {"standardized": (0.2860, 0.3530)}


def split_mnist(
    classes_per_task: int | Sequence[int] = 2,
    *,
    num_tasks: int | None = None,
    normalization: str = "standardized",
    seed: int | None = None,
    validation_size: int | float = 1000,
    validation_from: str = "first",
    data_dir: str | os.PathLike[str] | None = None,
    download: bool = False,
) -> Scenario:
    """Split MNIST: five tasks, each of two digits in natural order.

    Args:
        classes_per_task: Number of classes of every task, or one number per task.
        num_tasks: Keep only that many tasks from the start. Defaults to all.
        normalization: `"standardized"` (as the authors do) for
            `(pixel / 255 - 0.1307) / 0.3081`, or `"unit"` for `pixel / 255`.
        seed: `None` for classes in natural order; an integer shuffles them.
        validation_size: Number or fraction of training samples to set aside. The
            authors take the first 1,000 of each task.
        validation_from: `"first"` or `"random"`.
        data_dir: See `from_tfds`.
        download: See `from_tfds`.

    Output shape:
        `(n, 28, 28, 1)`.

    Raises:
        FileNotFoundError: If MNIST is not prepared; see `from_tfds`.
        ValueError: If sizes do not fit, or the normalization is unknown.

    Example:

    ```python
    for task in split_mnist():
        x, y = task.train
    ```

    Source: [HyperMask](https://arxiv.org/abs/2310.00113), section on experiments;
    Y. LeCun, C. Cortes and C. Burges, The MNIST database.
    """
    return split_tfds(
        "mnist",
        MNIST_STATISTICS,
        normalization,
        classes_per_task=classes_per_task,
        num_tasks=num_tasks,
        seed=seed,
        validation_size=validation_size,
        validation_from=validation_from,
        data_dir=data_dir,
        download=download,
    )


def split_fashion_mnist(
    classes_per_task: int | Sequence[int] = 2,
    *,
    num_tasks: int | None = None,
    normalization: str = "standardized",
    seed: int | None = None,
    validation_size: int | float = 1000,
    validation_from: str = "first",
    data_dir: str | os.PathLike[str] | None = None,
    download: bool = False,
) -> Scenario:
    """Split Fashion-MNIST: five tasks, each of two kinds of clothing.

    Args:
        classes_per_task: As for `split_mnist`.
        num_tasks: As for `split_mnist`.
        normalization: `"standardized"` for `(pixel / 255 - 0.2860) / 0.3530`, or
            `"unit"` for `pixel / 255`.
        seed: As for `split_mnist`.
        validation_size: As for `split_mnist`.
        validation_from: As for `split_mnist`.
        data_dir: See `from_tfds`.
        download: See `from_tfds`.

    Output shape:
        `(n, 28, 28, 1)`.

    Raises:
        FileNotFoundError: If the data set is not prepared; see `from_tfds`.
        ValueError: If sizes do not fit, or the normalization is unknown.

    Example:

    ```python
    names = [task.class_names for task in split_fashion_mnist()]
    ```

    Source: [Fashion-MNIST](https://arxiv.org/abs/1708.07747).
    """
    return split_tfds(
        "fashion_mnist",
        FASHION_MNIST_STATISTICS,
        normalization,
        classes_per_task=classes_per_task,
        num_tasks=num_tasks,
        seed=seed,
        validation_size=validation_size,
        validation_from=validation_from,
        data_dir=data_dir,
        download=download,
    )
