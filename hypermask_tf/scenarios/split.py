"""The class-incremental benchmarks: one data set, a few of its classes per task."""

import os
from collections.abc import Sequence
from typing import Any

from hypermask_tf.scenarios.digits import load_digits
from hypermask_tf.scenarios.from_arrays import from_arrays
from hypermask_tf.scenarios.from_tfds import from_tfds
from hypermask_tf.scenarios.scenario import Scenario

# Mean and standard deviation of pixels in 0..1. Those of CIFAR-100 are ImageNet's,
# as in the authors' experiments.
MNIST_STATISTICS = (0.1307, 0.3081)
FASHION_MNIST_STATISTICS = (0.2860, 0.3530)
IMAGENET_STATISTICS = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def split_digits(
    classes_per_task: int | Sequence[int] = 2,
    *,
    num_tasks: int | None = None,
    seed: int | None = None,
    validation_size: int | float = 0.1,
    validation_from: str = "first",
    test_size: float = 0.25,
    split_seed: int = 0,
) -> Scenario:
    """Split digits: five tasks of two classes, from scikit-learn's own 8x8 digits.

    Small enough (1,797 images, no download) for tests and first steps. The data
    set has no test set, so a stratified part of it is set aside.

    Args:
        classes_per_task: Number of classes of every task, or one number per task.
        num_tasks: Keep only that many tasks from the start. Defaults to all.
        seed: `None` for classes in natural order; an integer shuffles them.
        validation_size: Number or fraction of training samples to set aside.
        validation_from: `"first"` or `"random"`.
        test_size: Fraction of the samples that make the test set.
        split_seed: Seed of the choice of test samples.

    Output shape:
        `(n, 8, 8, 1)`, pixels in 0..1.

    Raises:
        ImportError: If scikit-learn is not installed.
        ValueError: If sizes do not fit.

    Example:

    >>> from hypermask_tf.scenarios import split_digits
    >>> x, y = split_digits()[0].test
    >>> x.shape, float(x.max())
    ((91, 8, 8, 1), 1.0)

    Source: E. Alpaydin and C. Kaynak,
    [Optical Recognition of Handwritten Digits](https://doi.org/10.24432/C50P49).
    """
    base = from_arrays(
        *load_digits(test_size, split_seed),
        classes_per_task,
        num_tasks=num_tasks,
        seed=seed,
        validation_size=validation_size,
        validation_from=validation_from,
        scale=1 / 16,
        raw_range=(0, 16),
    )
    return _named(base, "split_digits", test_size=test_size, split_seed=split_seed)


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
    return _split_tfds(
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
    return _split_tfds(
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


def split_cifar100(
    classes_per_task: int | Sequence[int] = 10,
    *,
    num_tasks: int | None = None,
    normalization: str = "standardized",
    seed: int | None = None,
    validation_size: int | float = 500,
    validation_from: str = "first",
    data_dir: str | os.PathLike[str] | None = None,
    download: bool = False,
) -> Scenario:
    """Split CIFAR-100: ten tasks, each of ten fine classes in natural order.

    Args:
        classes_per_task: As for `split_mnist`.
        num_tasks: As for `split_mnist`.
        normalization: `"standardized"` with ImageNet's mean and deviation per
            channel (as the authors do), or `"unit"` for `pixel / 255`.
        seed: As for `split_mnist`.
        validation_size: Number or fraction of training samples to set aside. The
            authors take the first 500 of each task.
        validation_from: As for `split_mnist`.
        data_dir: See `from_tfds`.
        download: See `from_tfds`.

    Output shape:
        `(n, 32, 32, 3)`.

    Raises:
        FileNotFoundError: If the data set is not prepared; see `from_tfds`.
        ValueError: If sizes do not fit, or the normalization is unknown.

    Example:

    ```python
    first_three = split_cifar100(num_tasks=3)
    ```

    Source: A. Krizhevsky, Learning multiple layers of features from tiny images,
    2009; protocol of [HyperMask](https://arxiv.org/abs/2310.00113).
    """
    return _split_tfds(
        "cifar100",
        IMAGENET_STATISTICS,
        normalization,
        classes_per_task=classes_per_task,
        num_tasks=num_tasks,
        seed=seed,
        validation_size=validation_size,
        validation_from=validation_from,
        data_dir=data_dir,
        download=download,
    )


def _split_tfds(
    dataset: str, statistics: tuple[Any, Any], normalization: str, **options: Any
) -> Scenario:
    if normalization not in ("standardized", "unit"):
        raise ValueError(
            "Expected `normalization` to be 'standardized' or 'unit'. Received: "
            f"normalization={normalization!r}. Use `from_tfds` for a mean and a "
            "deviation of your own."
        )
    mean, std = statistics if normalization == "standardized" else (0.0, 1.0)
    base = from_tfds(dataset, mean=mean, std=std, **options)
    return _named(base, f"split_{dataset}", normalization=normalization)


def _named(base: Scenario, name: str, **own: Any) -> Scenario:
    """Returns the scenario under its benchmark's name, with that one's arguments."""
    shared = (
        "classes_per_task",
        "num_tasks",
        "seed",
        "validation_size",
        "validation_from",
    )
    config = base.get_config()
    return Scenario(
        name,
        base.tasks,
        input_shape=base.input_shape,
        preprocessing=base.preprocessing,
        config={key: config[key] for key in shared} | own,
    )
