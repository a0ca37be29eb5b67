"""Split CIFAR-100."""

import os
from collections.abc import Sequence

import numpy as np

from hypermask_tf.scenarios.benchmark import split_tfds
from hypermask_tf.scenarios.scenario import Scenario

# Mean and standard deviation per channel of pixels in 0..1.
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
STATISTICS = {
    "standardized": IMAGENET,
    "cifar": ((0.5071, 0.4867, 0.4408), (0.2675, 0.2565, 0.2761)),
}
# The shuffled order is NumPy's for seed 1993, which iCaRL began with: it starts with
# 68, 56, 78, 8, 23. Legacy generators draw the same on every platform and version.
ORDERS = {
    "natural": None,
    "fecam": np.random.RandomState(1993).permutation(100).tolist(),
}


def split_cifar100(
    classes_per_task: int | Sequence[int] = 10,
    *,
    num_tasks: int | None = None,
    order: str = "natural",
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
        order: `"natural"`; or `"fecam"`, the shuffled order of classes in which
            FeCAM and much of the class-incremental literature report.
        normalization: `"standardized"` with ImageNet's mean and deviation per
            channel (as the authors do), `"cifar"` with those of CIFAR-100 itself (as
            they do in FeCAM's order), or `"unit"` for `pixel / 255`.
        seed: As for `split_mnist`; not together with an order.
        validation_size: Number or fraction of training samples to set aside. The
            authors take the first 500 of each task.
        validation_from: As for `split_mnist`.
        data_dir: See `from_tfds`.
        download: See `from_tfds`.

    Output shape:
        `(n, 32, 32, 3)`.

    Raises:
        FileNotFoundError: If the data set is not prepared; see `from_tfds`.
        ValueError: If sizes do not fit, or the normalization or the order is unknown.

    Example:

    ```python
    first_three = split_cifar100(num_tasks=3)
    big_first = split_cifar100([50] + [10] * 5, order="fecam")
    ```

    Source: A. Krizhevsky, Learning multiple layers of features from tiny images,
    2009; protocol of [HyperMask](https://arxiv.org/abs/2310.00113); order of
    [FeCAM](https://arxiv.org/abs/2309.14062), after iCaRL.
    """
    if order not in ORDERS:
        raise ValueError(
            f"Expected `order` to be one of {list(ORDERS)}. Received: order={order!r}. "
            "Use `seed` for another shuffled order."
        )
    return split_tfds(
        "cifar100",
        STATISTICS,
        normalization,
        classes_per_task=classes_per_task,
        num_tasks=num_tasks,
        seed=seed,
        class_order=ORDERS[order],
        own={"order": order},
        validation_size=validation_size,
        validation_from=validation_from,
        data_dir=data_dir,
        download=download,
    )
