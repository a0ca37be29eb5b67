"""Class-incremental split of arrays in memory."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from hypermask_tf.checks import check_choice
from hypermask_tf.scenarios.class_split import class_tasks
from hypermask_tf.scenarios.raw_data import RawData
from hypermask_tf.scenarios.scenario import Scenario

KINDS = ("image", "array", "token")


def from_arrays(
    x_train: npt.ArrayLike,
    y_train: npt.ArrayLike,
    x_test: npt.ArrayLike,
    y_test: npt.ArrayLike,
    classes_per_task: int | Sequence[int],
    *,
    name: str = "arrays",
    num_tasks: int | None = None,
    seed: int | None = None,
    validation_size: int | float = 0.1,
    validation_from: str = "first",
    scale: float | Sequence[float] = 1.0,
    offset: float | Sequence[float] = 0.0,
    raw_range: Sequence[float] | None = None,
    class_names: Sequence[str] | None = None,
    kind: str | None = None,
) -> Scenario:
    """Makes a scenario of labelled samples by dealing their classes out to tasks.

    Samples are images, windows of a recording, rows of a table, or tokens. They are
    neither copied nor converted until a task is used, so do not change
    them afterwards. Pass bytes together with `scale` and `offset` rather than
    floats: that takes a quarter of the memory, and exported models then know what
    to do with raw pixels.

    Args:
        x_train: Training samples.
        y_train: Integer labels, any numbers. `(n,)` or `(n, 1)`.
        x_test: Test samples.
        y_test: Labels of the test samples. Each must occur in `y_train`.
        classes_per_task: Number of classes of every task, or a list with the number
            of each task, which must use up all classes.
        name: Name of the scenario.
        num_tasks: Keep only that many tasks from the start of the sequence.
            Defaults to all.
        seed: `None` deals the classes out in ascending order of label; an integer
            shuffles them first.
        validation_size: Samples per task to set aside from its training samples:
            their number if an integer, their fraction if a float.
        validation_from: `"first"` (as the authors do) or `"random"`.
        scale: Factor from raw pixels to inputs: one number, or one per channel.
        offset: Number added after scaling, likewise.
        raw_range: Smallest and largest raw pixel. Defaults to `[0, 255]` for bytes,
            and to what the training images hold for other types.
        class_names: `class_names[label]` is the name of that label.
        kind: `"image"`; `"array"`, samples of any shape; or `"token"`, integers that
            name something, which stay int32 and are not scaled. Defaults to
            `"image"` for arrays of three or four axes, else to `"array"`: say
            `"array"` for windows `(n, time, channels)`.

    Input shape:
        Images `(n, height, width, channels)` or `(n, height, width)`; other samples
        `(n, ...)`.

    Output shape:
        Each task's images: float32 `(n, height, width, channels)`; other samples
        `(n, ...)`, float32 or, as tokens, int32.

    Returns:
        A `Scenario`. Its `get_config()` holds all arguments but the four arrays.

    Raises:
        ValueError: If arrays, labels and sizes do not fit together.

    Example:

    >>> import numpy as np
    >>> from hypermask_tf.scenarios import from_arrays
    >>> x, y = np.zeros((40, 8, 8, 3), "uint8"), np.arange(40) % 4
    >>> scenario = from_arrays(x, y, x, y, classes_per_task=[1, 3], scale=1 / 255)
    >>> [task.num_classes for task in scenario], scenario[1].train[0].shape
    ([1, 3], (27, 8, 8, 3))
    >>> windows = np.zeros((40, 128, 6), "float32")
    >>> from_arrays(windows, y, windows, y, classes_per_task=2, kind="array")
    <Scenario 'arrays' tasks=2 input=(128, 6)>

    Source: the order of validation samples follows
    [HyperMask](https://arxiv.org/abs/2310.00113).
    """
    kind = _kind(x_train, kind)
    data = RawData.from_arrays(x_train, y_train, x_test, y_test, class_names, kind)
    preprocessing = _preprocessing(data.x_train, kind, scale, offset, raw_range)
    tasks = class_tasks(
        data,
        classes_per_task,
        preprocessing,
        num_tasks=num_tasks,
        seed=seed,
        validation_size=validation_size,
        validation_from=validation_from,
    )
    config: dict[str, Any] = {
        "classes_per_task": np.asarray(classes_per_task).tolist(),
        "name": name,
        "num_tasks": num_tasks,
        "seed": seed,
        "validation_size": validation_size,
        "validation_from": validation_from,
        **{
            key: preprocessing[key]
            for key in ("scale", "offset", "raw_range")
            if key in preprocessing
        },
        "class_names": None if class_names is None else list(class_names),
        "kind": kind,
    }
    return Scenario(
        name,
        tasks,
        input_shape=data.sample_shape,
        preprocessing=preprocessing,
        config=config,
    )


def _kind(x: npt.ArrayLike, kind: str | None) -> str:
    if kind is None:
        return "image" if np.ndim(x) in (3, 4) else "array"
    return check_choice("kind", kind, KINDS)


def _preprocessing(
    x: npt.NDArray[Any],
    kind: str,
    scale: float | Sequence[float],
    offset: float | Sequence[float],
    raw_range: Sequence[float] | None,
) -> dict[str, Any]:
    """How samples become inputs, ready for JSON."""
    raw = {"raw_dtype": x.dtype.name, "raw_range": _raw_range(x, raw_range)}
    if kind != "token":
        channels = x.shape[-1]
        return {
            "scale": _per_channel("scale", scale, channels),
            "offset": _per_channel("offset", offset, channels),
            **raw,
        }
    if np.any(np.asarray(scale) != 1.0) or np.any(np.asarray(offset) != 0.0):
        raise ValueError(
            "Expected no `scale` and no `offset` for tokens, which are names. "
            f"Received: {scale=}, {offset=}. Pass kind='array' for numbers."
        )
    return {"dtype": "int32", **raw}


def _per_channel(
    name: str, value: float | Sequence[float], channels: int
) -> float | list[float]:
    array = np.asarray(value, float)
    if array.shape not in ((), (channels,)):
        raise ValueError(
            f"Expected `{name}` to be one number or {channels}, one per channel. "
            f"Received: {name}={array.tolist()}. Give as many as the samples have."
        )
    numbers: float | list[float] = array.tolist()
    return numbers


def _raw_range(
    images: npt.NDArray[np.generic], raw_range: Sequence[float] | None
) -> list[float]:
    if raw_range is not None:
        low, high = np.asarray(raw_range).tolist()
        return [low, high]
    if images.dtype == np.uint8:
        return [0, 255]
    return [images.min().item(), images.max().item()]
