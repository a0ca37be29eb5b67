"""Tasks from a file of NumPy arrays."""

import os
import pathlib
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from hypermask_tf import files
from hypermask_tf.scenarios.own import options
from hypermask_tf.scenarios.own.fingerprint import checked, of_arrays
from hypermask_tf.scenarios.own.groups import each_alone
from hypermask_tf.scenarios.own.labels import NUMBER, chosen_kind, targets
from hypermask_tf.scenarios.own.later import Later
from hypermask_tf.scenarios.own.names import check_names, task_names
from hypermask_tf.scenarios.own.samples import OwnSamples, Rows
from hypermask_tf.scenarios.own.tasks import channel_scaling, own_scenario
from hypermask_tf.scenarios.scenario import Scenario

_NAMES = ("task", "group", "split")
# Types of numbers and texts that name something.
_WORDS = "iubUS"


def from_npz(
    path: str | os.PathLike[str],
    *,
    label_kind: str | None = None,
    num_tasks: int | None = None,
    seed: int = options.SEED,
    test_size: float = options.TEST_SIZE,
    validation_size: float = options.VALIDATION_SIZE,
    fingerprint: Mapping[str, str] | None = None,
    preprocessing: Mapping[str, Any] | None = None,
    forgotten: Sequence[str] = (),
) -> Scenario:
    """Makes a scenario of the arrays `x` and `y` of an `.npz` file.

    Beside them may lie, with one entry a sample, `task`, the name or number of its
    task; `group`, of what must not be divided between training and test; and `split`,
    `"train"`, `"validation"` or `"test"`. Tasks are learned in the order of their
    names or numbers.

    Bytes of four axes are images and become 0..1; other integers are tokens and stay
    integers; floats are scaled per channel, the last axis, to mean 0 and deviation 1
    of the training samples of the first task.

    Args:
        path: The file.
        label_kind: What `y` is: `"class"` or `"number"`. Defaults to `"number"` for
            floats, else to `"class"`.
        num_tasks: Keep only so many tasks from the start. Defaults to all.
        seed: Seed of the split, see `from_folder`.
        test_size: Share of each class that is the test set.
        validation_size: Share of what is left for validation; 0 for none.
        fingerprint: As in `from_folder`.
        preprocessing: Likewise.
        forgotten: Likewise.

    Output shape:
        That of `x`.

    Returns:
        A `Scenario` named `"data:<file>"`.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If arrays are missing or do not fit together, a number is not
            finite, or the data have changed.

    Example:

    >>> import pathlib, tempfile
    >>> from hypermask_tf.scenarios import from_npz
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "mine.npz"
    >>> x, y = np.random.normal(size=(40, 7)), np.arange(40) % 2
    >>> np.savez(path, x=x, y=y, task=np.arange(40) // 20)
    >>> from_npz(path)
    <Scenario 'data:mine' tasks=2 input=(7,)>
    """
    path = files.expanded(path).resolve()
    arrays = _read(path)
    x = arrays["x"]
    recorded = fingerprint is not None or preprocessing is not None
    y = arrays["y"][:, 0] if arrays["y"].shape[1:] == (1,) else arrays["y"]
    kind = chosen_kind(label_kind, y.dtype.kind == "f", recorded)
    tasks, groups, splits = (
        _texts(arrays.get(name), name, path, len(x)) for name in _NAMES
    )
    texts = _texts(y, "y", path, len(x), "iufb" if kind == NUMBER else _WORDS)
    labels, numbers = targets(kind, y, texts, "y", path)
    config = {
        "label_kind": kind,
        **options.shared_config(seed, test_size, validation_size, num_tasks),
    }
    if "task" not in arrays:
        tasks = np.full(len(x), path.stem)
    if "group" not in arrays:
        groups = each_alone(tasks)
    order = np.unique(arrays.get("task", tasks)).astype(str)
    tasks, order = task_names(tasks), task_names(order)
    check_names("task", order.tolist())
    samples, found = {}, {}
    for name in order:
        own = np.flatnonzero(tasks == name)
        samples[str(name)] = OwnSamples(
            labels[own],
            groups[own],
            splits[own],
            partial(np.take, x[own], axis=0),
            numbers=None if numbers is None else numbers[own],
        )
        learned = labels[own] if numbers is None else numbers[own]
        found[str(name)] = of_arrays(x[own], learned, groups[own], splits[own])
    config["fingerprint"] = checked(found, fingerprint, forgotten, path)
    describe, later = partial(_describe, _kind(x)), Later(preprocessing, forgotten)
    return own_scenario(f"data:{path.stem}", samples, describe, config, later)


def _read(path: pathlib.Path) -> dict[str, np.ndarray]:
    if not path.is_file():
        raise FileNotFoundError(f"Expected a file of arrays. Received: no {path}")
    try:
        arrays = files.read_arrays(path)
    except ValueError as error:
        raise ValueError(
            f"Expected arrays that np.savez wrote. Received: {path} ({error}). Write "
            "numbers and texts only."
        ) from error
    if not {"x", "y"} <= set(arrays):
        raise ValueError(
            f"Expected arrays x and y in {path}, and task, group, split where you "
            f"like. Received: {sorted(arrays)}. Name them so in np.savez."
        )
    _check(arrays["x"], path)
    return arrays


def _check(x: np.ndarray, path: pathlib.Path) -> None:
    if x.ndim < 2 or not len(x) or x.dtype.kind not in "iufb":
        raise ValueError(
            f"Expected samples of numbers, x of shape (n, ...). Received: {path} with "
            f"x.shape={x.shape}, dtype={x.dtype}."
        )
    if x.dtype.kind == "f" and not np.isfinite(x).all():
        raise ValueError(
            f"Expected finite numbers. Received: {path} with "
            f"{int((~np.isfinite(x)).sum())} in x that are not. Fill or remove them."
        )


def _texts(
    array: np.ndarray | None,
    name: str,
    path: pathlib.Path,
    count: int,
    kinds: str = _WORDS,
) -> np.ndarray:
    if array is None:
        return np.full(count, "")
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.shape != (count,) or array.dtype.kind not in kinds:
        raise ValueError(
            f"Expected one number or text a sample, {name} of shape ({count},). "
            f"Received: {path} with {name}.shape={array.shape}, dtype={array.dtype}."
        )
    return np.char.decode(array) if array.dtype.kind == "S" else array.astype(str)


def _kind(x: np.ndarray) -> str:
    if x.dtype == np.uint8 and x.ndim == 4:
        return "image"
    if x.dtype.kind in "iu":
        return "token"
    return "table" if x.ndim == 2 else "image" if x.ndim == 4 else "window"


def _describe(
    kind: str, samples: Mapping[str, OwnSamples], rows: Mapping[str, Rows]
) -> dict[str, Any]:
    first = next(iter(samples))
    raw = samples[first].take(rows[first])
    steps: dict[str, Any] = {"kind": kind, "raw_dtype": raw.dtype.name}
    if kind == "token":
        return {**steps, "dtype": "int32"}
    if raw.dtype == np.uint8:
        return {**steps, "scale": 1 / 255, "offset": 0.0, "raw_range": [0, 255]}
    return {**steps, **channel_scaling(raw)}
