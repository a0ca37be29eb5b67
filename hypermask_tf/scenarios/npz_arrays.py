"""Data sets as files of NumPy arrays, for machines without TensorFlow."""

import os
from functools import lru_cache
from pathlib import Path

import numpy as np

from hypermask_tf import files
from hypermask_tf.scenarios.raw_data import RawData

_ARRAYS = ("x_train", "y_train", "x_test", "y_test")


def npz_path(name: str, data_dir: Path) -> Path:
    """Where `to_npz` keeps a data set: `"emnist/letters"` in `emnist/letters.npz`.

    Example:

    >>> npz_path("mnist:3.0.1", Path("data")).as_posix()
    'data/mnist.npz'
    """
    return data_dir / f"{name.partition(':')[0]}.npz"


def to_npz(
    name: str,
    folder: str | os.PathLike[str],
    data_dir: str | os.PathLike[str] | None = None,
) -> Path:
    """Writes a prepared TFDS data set as one file that NumPy reads.

    TensorFlow Datasets needs TensorFlow to read its own files. Where `folder` is given
    as `data_dir` (`--data_dir`, `TFDS_DATA_DIR`), scenarios read this file instead, so
    a run on JAX needs neither.

    Args:
        name: As for `from_tfds`.
        folder: Where to write `<name>.npz`.
        data_dir: Folder of prepared data sets, as in `from_tfds`.

    Returns:
        The file.

    Raises:
        FileNotFoundError: If the data set is not prepared.

    Example:

    ```python
    to_npz("mnist", "arrays")
    scenario = split_mnist(data_dir="arrays")
    ```
    """
    # What reads arrays is looked for there too.
    from hypermask_tf.scenarios.tfds_arrays import find_prepared, load_tfds

    data = load_tfds(name, data_dir)
    prepared = find_prepared(name, data_dir)
    version = prepared.name if prepared is not None else name.partition(":")[2]
    names = [data.class_names[label] for label in data.labels]
    path = npz_path(name, files.expanded(folder))
    with files.replacing(path) as temporary:
        np.savez_compressed(
            temporary,
            **{array: getattr(data, array) for array in _ARRAYS},
            labels=np.array(data.labels),
            class_names=np.array(names),
            version=np.array(version),
        )
    return path


def read_npz(path: Path, version: str = "") -> RawData | None:
    """The data set in a file of `to_npz`; None if it is of another version.

    Args:
        path: The file.
        version: The version wanted; empty for any.

    Raises:
        ValueError: If it is no such file.
    """
    stat = path.stat()
    found, data = _read(str(path), stat.st_mtime_ns, stat.st_size)
    return data if version in ("", found) else None


@lru_cache(maxsize=3)
def _read(path: str, changed: int, size: int) -> tuple[str, RawData]:
    """Its version and its arrays; read again when the file has changed."""
    try:
        kept = files.read_arrays(path)
        x_train, y_train, x_test, y_test = (kept[array] for array in _ARRAYS)
        labels, names = kept["labels"].tolist(), kept["class_names"].tolist()
        version = str(kept["version"])
    except (KeyError, ValueError) as error:
        raise ValueError(
            f"Expected the arrays of a data set in {path}, as `to_npz` writes them. "
            f"Received: a file that cannot be read so ({error}). Write it again, or "
            "remove it to read the prepared data set."
        ) from error
    # By label: those that do not occur have no name of their own.
    by_label = dict(zip(labels, names, strict=True))
    every = [by_label.get(label, str(label)) for label in range(max(labels) + 1)]
    return version, RawData.from_arrays(
        x_train, y_train, x_test, y_test, class_names=every
    )
