"""Files that are either whole or not there."""

import contextlib
import hashlib
import json
import os
import pathlib
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

_DAMAGED = (zipfile.BadZipFile, zlib.error, NotImplementedError)


def expanded(path: str | os.PathLike[str]) -> pathlib.Path:
    """A path with the home folder for a leading `~`, and no other change.

    Example:

    >>> expanded("runs/~x").as_posix()
    'runs/~x'
    """
    # `Path.expanduser` raises an error for a user that does not exist.
    return pathlib.Path(os.path.expanduser(path))


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[pathlib.Path]:
    """Gives a temporary path beside `path` and renames it at the end.

    If the block raises, the temporary file goes and `path` stays as it was.

    Args:
        path: The file to write; its folder is made if missing.

    Example:

    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "note.txt"
    >>> with replacing(path) as temporary:
    ...     _ = temporary.write_text("whole")
    >>> path.read_text()
    'whole'
    """
    path = expanded(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The suffix stays last: Keras reads a file's kind from it.
    handle, name = tempfile.mkstemp(
        prefix=f".{path.stem}.", suffix=path.suffix, dir=path.parent
    )
    os.close(handle)
    os.chmod(name, 0o644)
    temporary = pathlib.Path(name)
    try:
        yield temporary
        # Without it, a machine that loses power may keep the name and not the content.
        with open(temporary, "rb") as written:
            os.fsync(written.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Writes a whole text file or nothing."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: str | os.PathLike[str], values: Any) -> None:
    """Writes a whole JSON file or nothing; NaN is refused, not written.

    Raises:
        ValueError: If a number is not finite.
    """
    write_text(path, json.dumps(values, indent=2, allow_nan=False) + "\n")


def read_arrays(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """The arrays of a file of `np.savez`, read whole; never unpickled.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is cut off, changed, or of something else; says which.
    """
    # NumPy leaves a damaged file open that it has opened itself.
    with open(expanded(path), "rb") as file:
        try:
            stored = np.load(file, allow_pickle=False)
            if isinstance(stored, np.ndarray):
                raise ValueError("it holds one array, as np.save writes it")
            with stored:
                return {name: stored[name] for name in stored.files}
        except (OSError, EOFError, ValueError, *_DAMAGED) as error:
            # NumPy would tell how to load objects all the same, which nobody should.
            why = "it holds Python objects" if "pickle" in str(error) else error
            raise ValueError(str(why)) from error


def sha256(path: str | os.PathLike[str]) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
