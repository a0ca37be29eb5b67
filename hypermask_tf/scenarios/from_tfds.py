"""Class-incremental split of a TensorFlow Datasets data set."""

import os
from collections.abc import Sequence

import numpy as np

from hypermask_tf.scenarios.class_split import class_tasks
from hypermask_tf.scenarios.preprocessing import standardization
from hypermask_tf.scenarios.scenario import Scenario
from hypermask_tf.scenarios.tfds_arrays import load_tfds


def from_tfds(
    name: str,
    classes_per_task: int | Sequence[int],
    *,
    num_tasks: int | None = None,
    data_dir: str | os.PathLike[str] | None = None,
    download: bool = False,
    seed: int | None = None,
    validation_size: int | float = 0.1,
    validation_from: str = "first",
    mean: float | Sequence[float] = 0.0,
    std: float | Sequence[float] = 1.0,
    train_split: str = "train",
    test_split: str = "test",
    class_order: Sequence[int] | None = None,
) -> Scenario:
    """Makes a scenario of any TFDS data set of labelled images of one size.

    Whole splits are read into memory, in their order on disk, and kept there for
    the next call. Nothing contacts the network unless `download` is true and the
    data set is not prepared.

    Args:
        name: As for `tfds.load`: `"cifar10"`, `"emnist/letters"`, `"mnist:3.0.1"`.
        classes_per_task: Number of classes of every task, or one number per task.
        num_tasks: Keep only that many tasks from the start. Defaults to all.
        data_dir: Folder of prepared data sets, or of what `to_npz` wrote. Defaults to
            the environment variable `TFDS_DATA_DIR`, then to TFDS's own default.
        download: Whether to fetch and prepare a data set that is not prepared.
        seed: `None` deals the classes out in ascending order of label; an integer
            shuffles them first.
        validation_size: Samples per task to set aside from its training samples:
            their number if an integer, their fraction if a float.
        validation_from: `"first"` (as the authors do) or `"random"`.
        mean: Mean to subtract from pixels in 0..1: one number, or one per channel.
        std: Deviation by which to divide after that, likewise.
        train_split: Name of the split to learn from.
        test_split: Name of the split to test on.
        class_order: All labels in the order in which to deal them out, instead of
            `seed`.

    Output shape:
        Each task's images: float32 `(n, height, width, channels)`.

    Returns:
        A `Scenario` named `"tfds:<name>"`.

    Raises:
        FileNotFoundError: If the data set is not prepared. The message names the
            folder searched and the command that prepares it.
        ImportError: If `tensorflow_datasets` is not installed.
        ValueError: If the data set does not hold labelled bytes of one shape, or
            the sizes do not fit it.

    Example:

    ```python
    scenario = from_tfds("kmnist", classes_per_task=2, download=True)
    x, y = scenario[0].train
    ```

    Source: [TensorFlow Datasets](https://www.tensorflow.org/datasets).
    """
    data = load_tfds(
        name,
        data_dir,
        download=download,
        train_split=train_split,
        test_split=test_split,
    )
    if data.x_train.dtype != np.uint8:
        raise ValueError(
            "Expected images of bytes (uint8). Received: "
            f"{name!r} with images of {data.x_train.dtype}. Load it yourself and use "
            "`from_arrays`."
        )
    scale, offset = standardization(mean, std, 255, data.sample_shape[-1])
    preprocessing = {
        "scale": scale,
        "offset": offset,
        "raw_dtype": "uint8",
        "raw_range": [0, 255],
    }
    tasks = class_tasks(
        data,
        classes_per_task,
        preprocessing,
        num_tasks=num_tasks,
        seed=seed,
        validation_size=validation_size,
        validation_from=validation_from,
        class_order=class_order,
    )
    config = {
        "name": name,
        "classes_per_task": np.asarray(classes_per_task).tolist(),
        "num_tasks": num_tasks,
        "seed": seed,
        "validation_size": validation_size,
        "validation_from": validation_from,
        "mean": np.asarray(mean).tolist(),
        "std": np.asarray(std).tolist(),
        "train_split": train_split,
        "test_split": test_split,
        "class_order": None if class_order is None else list(class_order),
    }
    return Scenario(
        f"tfds:{name}",
        tasks,
        input_shape=data.sample_shape,
        preprocessing=preprocessing,
        config=config,
    )
