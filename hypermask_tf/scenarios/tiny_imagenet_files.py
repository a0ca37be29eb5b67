"""Tiny ImageNet's official archive, unpacked, as arrays."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hypermask_tf.scenarios.raw_data import RawData
from hypermask_tf.scenarios.tfds_arrays import tfds_data_dir

FOLDER = "tiny-imagenet-200"
URL = "http://cs231n.stanford.edu/tiny-imagenet-200.zip"
_SIDE = 64
_THREADS = 4

Images = npt.NDArray[np.uint8]


def load_tiny_imagenet(data_dir: str | os.PathLike[str] | None = None) -> RawData:
    """Reads the archive's training and validation images.

    The labels of its test set were never published, so its validation set is what
    everybody tests on. Labels number the identifiers in `wnids.txt`, sorted.

    Args:
        data_dir: Folder that holds `tiny-imagenet-200`, or that folder itself. See
            `tfds_data_dir` for the default.

    Raises:
        FileNotFoundError: If the folder or a part of it is missing.
        ValueError: If an image or an annotation is not what the archive has.
    """
    given = tfds_data_dir(data_dir)
    folder = given if given.name == FOLDER else given / FOLDER
    if not (folder / "wnids.txt").is_file():
        raise FileNotFoundError(
            f"Expected Tiny ImageNet, unpacked. Received: no wnids.txt in {folder}. "
            f"Fetch {URL} and unpack it in {folder.parent}, or name another folder in "
            "`data_dir` or in the environment variable TFDS_DATA_DIR."
        )
    return _read(str(folder))


@lru_cache(maxsize=1)  # 1.4 GB
def _read(name: str) -> RawData:
    folder = Path(name)
    identifiers = sorted((folder / "wnids.txt").read_text().split())
    train = list(_train_files(folder, identifiers))
    test = list(_validation_files(folder, identifiers))
    return RawData.from_arrays(
        _images([path for path, _ in train]),
        np.array([label for _, label in train]),
        _images([path for path, _ in test]),
        np.array([label for _, label in test]),
        _class_names(folder, identifiers),
    )


def _train_files(
    folder: Path, identifiers: Sequence[str]
) -> Iterator[tuple[Path, int]]:
    for label, identifier in enumerate(identifiers):
        images = folder / "train" / identifier / "images"
        found = sorted(images.glob("*.JPEG"))
        if not found:
            raise FileNotFoundError(
                f"Expected training images of the class {identifier}. Received: none "
                f"in {images}. Unpack the archive again."
            )
        for path in found:
            yield path, label


def _validation_files(
    folder: Path, identifiers: Sequence[str]
) -> Iterator[tuple[Path, int]]:
    annotations = folder / "val" / "val_annotations.txt"
    if not annotations.is_file():
        raise FileNotFoundError(
            f"Expected {annotations}. Received: no such file. Unpack the archive again."
        )
    labels = {identifier: label for label, identifier in enumerate(identifiers)}
    for line in annotations.read_text().splitlines():
        name, identifier, *_ = line.split("\t")
        if identifier not in labels:
            raise ValueError(
                f"Expected classes of wnids.txt in {annotations}. Received: "
                f"{identifier!r} for {name}. Unpack the archive again."
            )
        yield folder / "val" / "images" / name, labels[identifier]


def _images(paths: Sequence[Path]) -> Images:
    """Decodes many files at once; grey ones get three equal channels."""
    images = np.empty((len(paths), _SIDE, _SIDE, 3), "uint8")
    with ThreadPoolExecutor(_THREADS) as threads:
        for index, image in enumerate(threads.map(_decode, paths)):
            images[index] = image
    return images


def _decode(path: Path) -> Images:
    import tensorflow as tf

    try:
        image = tf.io.decode_jpeg(path.read_bytes(), channels=3).numpy()
    except tf.errors.InvalidArgumentError as error:
        raise ValueError(
            f"Expected a JPEG image in {path}. Received: {error.message}"
        ) from error
    if image.shape != (_SIDE, _SIDE, 3):
        raise ValueError(
            f"Expected images of {_SIDE} x {_SIDE} pixels. Received: {image.shape} "
            f"in {path}."
        )
    return np.asarray(image)


def _class_names(folder: Path, identifiers: Sequence[str]) -> list[str]:
    """First of the words for each class; its identifier where there is none."""
    words = {}
    file = folder / "words.txt"
    if file.is_file():
        for line in file.read_text().splitlines():
            identifier, _, text = line.partition("\t")
            words[identifier] = text.partition(",")[0]
    return [words.get(identifier, identifier) for identifier in identifiers]
