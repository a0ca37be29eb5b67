"""Split Tiny ImageNet: forty tasks of five classes."""

import os
from collections.abc import Sequence

from hypermask_tf.scenarios import tiny_imagenet_files
from hypermask_tf.scenarios.benchmark import named
from hypermask_tf.scenarios.from_arrays import from_arrays
from hypermask_tf.scenarios.preprocessing import standardization
from hypermask_tf.scenarios.scenario import Scenario
from hypermask_tf.scenarios.split_cifar100 import IMAGENET


def split_tiny_imagenet(
    classes_per_task: int | Sequence[int] = 5,
    *,
    num_tasks: int | None = None,
    seed: int | None = 1,
    validation_size: int | float = 250,
    validation_from: str = "random",
    data_dir: str | os.PathLike[str] | None = None,
) -> Scenario:
    """Split Tiny ImageNet: forty tasks, each of five of the 200 classes, shuffled.

    Read from the official archive, unpacked: 500 training images of each class; its
    50 labelled validation images of each class are the test set, as everywhere.

    Args:
        classes_per_task: Number of classes of every task, or one number per task.
        num_tasks: Keep only that many tasks from the start. Defaults to all.
        seed: Seed of the order of classes; `None` for the order of identifiers.
        validation_size: Number or fraction of training samples to set aside. The
            authors take 250 of each task.
        validation_from: `"random"`, or `"first"`: files come class by class, so the
            first 250 samples are of one class.
        data_dir: Folder that holds `tiny-imagenet-200`, or that folder itself.
            Defaults to the environment variable `TFDS_DATA_DIR`.

    Output shape:
        `(n, 64, 64, 3)`, standardised with ImageNet's mean and deviation.

    Raises:
        FileNotFoundError: If the archive is not there. The message says where it is
            to be fetched.
        ValueError: If sizes do not fit, or a file is damaged.

    Example:

    ```python
    scenario = split_tiny_imagenet(num_tasks=3, data_dir="data")
    ```

    Source: Y. Le and X. Yang, Tiny ImageNet visual recognition challenge, 2015;
    protocol of [HyperMask](https://arxiv.org/abs/2310.00113).
    """
    data = tiny_imagenet_files.load_tiny_imagenet(data_dir)
    scale, offset = standardization(*IMAGENET, 255, 3)
    base = from_arrays(
        data.x_train,
        data.y_train,
        data.x_test,
        data.y_test,
        classes_per_task,
        num_tasks=num_tasks,
        seed=seed,
        validation_size=validation_size,
        validation_from=validation_from,
        scale=scale,
        offset=offset,
        raw_range=(0, 255),
        class_names=list(data.class_names.values()),
    )
    return named(base, "split_tiny_imagenet")
