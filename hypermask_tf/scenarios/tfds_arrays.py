"""Whole TensorFlow Datasets splits as arrays, without touching the network."""

import importlib.util
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from hypermask_tf import files
from hypermask_tf.scenarios.npz_arrays import npz_path, read_npz
from hypermask_tf.scenarios.raw_data import RawData


def tfds_data_dir(data_dir: str | os.PathLike[str] | None = None) -> Path:
    """Returns the folder in which TensorFlow Datasets keeps its data sets.

    Args:
        data_dir: The folder, if the caller knows better. Defaults to the
            environment variable `TFDS_DATA_DIR`, then to TFDS's own default.

    Example:

    >>> from hypermask_tf.scenarios.tfds_arrays import tfds_data_dir
    >>> tfds_data_dir("data").as_posix()
    'data'
    """
    chosen = data_dir or os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets"
    return files.expanded(chosen)


def find_prepared(
    name: str, data_dir: str | os.PathLike[str] | None = None
) -> Path | None:
    """Returns the folder of a prepared data set, or `None` where there is none.

    Looks at the disk only. (`tfds.load` asks the network first, for minutes.)

    Args:
        name: As for `tfds.load`: `"mnist"`, `"emnist/letters"`, `"mnist:3.0.1"`.
            Without a version the newest one is taken.
        data_dir: See `tfds_data_dir`.

    Example:

    >>> from hypermask_tf.scenarios.tfds_arrays import find_prepared
    >>> find_prepared("mnist", "no/such/folder") is None
    True
    """
    folder_name, _, version = name.partition(":")
    root = tfds_data_dir(data_dir) / folder_name
    found = [
        folder
        for depth in ("*", "*/*")  # with and without a configuration's folder
        for folder in root.glob(depth)
        if (folder / "dataset_info.json").is_file()
        and _version(folder.name)
        and version in ("", folder.name)
    ]
    return max(found, key=lambda folder: _version(folder.name), default=None)


def _version(text: str) -> tuple[int, ...]:
    parts = text.split(".")
    if len(parts) == 3 and all(part.isdigit() for part in parts):
        return tuple(int(part) for part in parts)
    return ()


def load_tfds(
    name: str,
    data_dir: str | os.PathLike[str] | None = None,
    *,
    download: bool = False,
    train_split: str = "train",
    test_split: str = "test",
) -> RawData:
    """Reads a data set of labelled images into memory; see `from_tfds`.

    A file of `to_npz` comes before a prepared data set beside it.
    """
    path = npz_path(name, tfds_data_dir(data_dir))
    if path.is_file() and (train_split, test_split) == ("train", "test"):
        kept = read_npz(path, name.partition(":")[2])
        if kept is not None:
            return kept
    if importlib.util.find_spec("tensorflow_datasets") is None:
        raise ImportError(
            f"Expected tensorflow_datasets to be installed, to read {name!r}. "
            "Received: no such module. Run `pip install tensorflow-datasets`, or write "
            f"it with `scenarios.to_npz({name!r}, folder)` where TFDS is installed and "
            "name that folder in `data_dir`."
        )
    folder = find_prepared(name, data_dir)
    if folder is None and download:
        _prepare(name, tfds_data_dir(data_dir))
        folder = find_prepared(name, data_dir)
    if folder is None:
        raise FileNotFoundError(_how_to_prepare(name, tfds_data_dir(data_dir)))
    return _read(str(folder), train_split, test_split)


def _how_to_prepare(name: str, data_dir: Path) -> str:
    command = (
        'python -c "import tensorflow_datasets as tfds; '
        f'tfds.load({name!r}, data_dir={str(data_dir)!r})"'
    )
    return (
        f"Expected the data set {name!r} to be prepared. Received: nothing under "
        f"{data_dir / name.partition(':')[0]}. Prepare it with `{command}`, or with "
        "`download=True` (`--download`), or name another folder in `data_dir` or "
        "in the environment variable TFDS_DATA_DIR."
    )


def _prepare(name: str, data_dir: Path) -> None:
    import tensorflow_datasets as tfds

    try:
        tfds.builder(name, data_dir=data_dir).download_and_prepare()
    except ModuleNotFoundError as error:  # TFDS does not declare all it needs.
        raise ImportError(
            f"Expected all modules that prepare {name!r} to be installed. Received: "
            f"no module {error.name!r}. Run `pip install {error.name}`."
        ) from error


@lru_cache(maxsize=3)  # MNIST takes 55 MB, CIFAR-100 184 MB.
def _read(folder: str, train_split: str, test_split: str) -> RawData:
    import tensorflow_datasets as tfds

    # A builder made from the folder reads it as it is. One made from the name
    # would look for a newer version first, on the network.
    builder = tfds.builder_from_directory(folder)
    missing = {train_split, test_split} - set(builder.info.splits)
    if missing:
        raise ValueError(
            f"Expected splits among {sorted(builder.info.splits)}, those of "
            f"{builder.info.full_name}. Received: {sorted(missing)}. Set `train_split` "
            "and `test_split`."
        )
    label_key = _label_key(builder.info)
    names = getattr(builder.info.features[label_key], "names", None)
    train, test = (
        builder.as_dataset(
            split=split, batch_size=-1, shuffle_files=False, as_supervised=True
        )
        for split in (train_split, test_split)
    )
    return RawData.from_arrays(
        np.asarray(train[0]),
        np.asarray(train[1]),
        np.asarray(test[0]),
        np.asarray(test[1]),
        names,
    )


def _label_key(info: Any) -> str:
    keys = info.supervised_keys
    if keys is None or len(keys) != 2 or not all(isinstance(key, str) for key in keys):
        raise ValueError(
            "Expected a data set of labelled images, with supervised keys. Received: "
            f"{info.full_name} with supervised_keys={keys}. Load it yourself and use "
            "`from_arrays`."
        )
    return str(keys[1])
