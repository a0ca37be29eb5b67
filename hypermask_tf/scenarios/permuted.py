"""Domain-incremental benchmarks: one data set, a different pixel order per task."""

import os
from functools import partial
from typing import Any

import numpy as np

from hypermask_tf.scenarios.class_split import load_rows
from hypermask_tf.scenarios.digits import load_digits
from hypermask_tf.scenarios.raw_data import RawData
from hypermask_tf.scenarios.scenario import Scenario
from hypermask_tf.scenarios.seeding import random_permutation
from hypermask_tf.scenarios.task import Task
from hypermask_tf.scenarios.tfds_arrays import load_tfds
from hypermask_tf.scenarios.validation import split_validation


def permuted_mnist(
    num_tasks: int = 10,
    *,
    padding: int = 2,
    seed: int = 0,
    validation_size: int | float = 5000,
    validation_from: str = "first",
    data_dir: str | os.PathLike[str] | None = None,
    download: bool = False,
) -> Scenario:
    """Permuted MNIST: ten classes in every task, pixels shuffled task by task.

    Images are padded with zeros, then their pixels are put in an order that
    depends on `seed` and the task's index only: asking for more tasks later leaves
    the earlier ones as they were. The first task is permuted too. All tasks share
    one set of source images.

    Args:
        num_tasks: Number of tasks.
        padding: Zeros added on each side before the permutation. The authors pad
            to 32x32.
        seed: Seed of the permutations.
        validation_size: Number or fraction of training samples to set aside. The
            authors take the first 5,000.
        validation_from: `"first"` or `"random"`.
        data_dir: See `from_tfds`.
        download: See `from_tfds`.

    Output shape:
        `(n, 28 + 2 * padding, 28 + 2 * padding, 1)`, pixels in 0..1.

    Raises:
        FileNotFoundError: If MNIST is not prepared; see `from_tfds`.
        ValueError: If a number is out of its range.

    Example:

    ```python
    task = permuted_mnist(num_tasks=3)[1]
    order = task.preprocessing["permutation"]  # 1,024 numbers
    ```

    Source: protocol of [HyperMask](https://arxiv.org/abs/2310.00113) and
    [hypernetworks for continual learning](https://arxiv.org/abs/1906.00695).
    """
    return _permuted(
        "permuted_mnist",
        load_tfds("mnist", data_dir, download=download),
        255,
        num_tasks=num_tasks,
        padding=padding,
        seed=seed,
        validation_size=validation_size,
        validation_from=validation_from,
    )


def permuted_digits(
    num_tasks: int = 5,
    *,
    padding: int = 0,
    seed: int = 0,
    validation_size: int | float = 0.1,
    validation_from: str = "first",
    test_size: float = 0.25,
    split_seed: int = 0,
) -> Scenario:
    """Permuted digits: `permuted_mnist` in small, without a download.

    Args:
        num_tasks: Number of tasks.
        padding: Zeros added on each side before the permutation.
        seed: Seed of the permutations.
        validation_size: Number or fraction of training samples to set aside.
        validation_from: `"first"` or `"random"`.
        test_size: Fraction of the samples that make the test set.
        split_seed: Seed of the choice of test samples.

    Output shape:
        `(n, 8 + 2 * padding, 8 + 2 * padding, 1)`, pixels in 0..1.

    Raises:
        ImportError: If scikit-learn is not installed.
        ValueError: If a number is out of its range.

    Example:

    >>> from hypermask_tf.scenarios import permuted_digits
    >>> scenario = permuted_digits(num_tasks=3, padding=1)
    >>> len(scenario), scenario.input_shape, scenario.max_classes
    (3, (10, 10, 1), 10)

    Source: as `permuted_mnist`, with the images of `split_digits`.
    """
    return _permuted(
        "permuted_digits",
        RawData.from_arrays(*load_digits(test_size, split_seed)),
        16,
        num_tasks=num_tasks,
        padding=padding,
        seed=seed,
        validation_size=validation_size,
        validation_from=validation_from,
        test_size=test_size,
        split_seed=split_seed,
    )


def _permuted(name: str, data: RawData, raw_max: int, **config: Any) -> Scenario:
    num_tasks, padding, seed = (config[k] for k in ("num_tasks", "padding", "seed"))
    if num_tasks < 1 or padding < 0:
        raise ValueError(
            "Expected at least one task and a padding of 0 or more. Received: "
            f"num_tasks={num_tasks}, padding={padding}. The defaults do."
        )
    height, width, channels = data.sample_shape
    input_shape = (height + 2 * padding, width + 2 * padding, channels)
    shared = {
        "scale": 1 / raw_max,
        "offset": 0.0,
        "raw_dtype": data.x_train.dtype.name,
        "raw_range": [0, raw_max],
        "padding": padding,
    }
    # The same samples validate every task: a task's images are those of the others.
    train, validation = split_validation(
        np.arange(len(data.y_train)),
        data.y_train,
        config["validation_size"],
        config["validation_from"],
        seed=(seed,),
    )
    rows = {
        "train": train,
        "validation": validation,
        "test": np.arange(len(data.y_test)),
    }
    tasks = []
    for index in range(num_tasks):
        order = random_permutation(input_shape[0] * input_shape[1], seed, index)
        own = {"permutation_seed": [seed, index], "permutation": order.tolist()}
        tasks.append(
            Task(
                index,
                data.labels,
                partial(load_rows, data, rows, data.labels, shared | own),
                sizes={split: len(chosen) for split, chosen in rows.items()},
                preprocessing=shared | own,
                class_names=list(data.class_names.values()),
            )
        )
    return Scenario(
        name, tasks, input_shape=input_shape, preprocessing=shared, config=config
    )
