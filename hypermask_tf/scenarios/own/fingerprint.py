"""Whether data are those that were learned, task by task."""

import hashlib
import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import numpy as np

from hypermask_tf import files
from hypermask_tf.scenarios.own.listing import OwnFile

Fingerprints = dict[str, str]


def of_files(root: Path, found: Iterable[OwnFile]) -> Fingerprints:
    """A hash for each task: of names below `root`, and of contents."""
    digests: dict[str, hashlib._Hash] = {}
    for file in sorted(found):
        name = Path(os.path.relpath(file.path, root)).as_posix()
        digest = digests.setdefault(file.task, hashlib.sha256())
        digest.update(f"{name}\n{files.sha256(file.path)}\n".encode())
    return {task: _short(digest) for task, digest in digests.items()}


def of_arrays(*arrays: np.ndarray) -> str:
    """A hash of the values of arrays."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return _short(digest)


def of_text(text: str) -> str:
    """A hash of a text."""
    return _short(hashlib.sha256(text.encode()))


def _short(digest: "hashlib._Hash") -> str:
    return digest.hexdigest()[:16]


def checked(
    found: Fingerprints,
    expected: Mapping[str, str] | None,
    forgotten: Collection[str],
    path: Path,
) -> Fingerprints:
    """What is kept of the data; those of `forgotten` tasks may be gone, or others.

    Args:
        found: A hash by task.
        expected: What it was when the data were learned; None for not asking.
        forgotten: Names of tasks that are of no interest any more.
        path: Where the data lie.

    Raises:
        ValueError: If data have changed.
    """
    if expected is None:
        return found
    changed = [
        task
        for task in sorted({*found, *expected} - {*forgotten})
        if found.get(task) != expected.get(task)
    ]
    if changed:
        task = changed[0]
        raise ValueError(
            f"Expected the data that the run learned. Received: {path}, where those of "
            f"task {task!r} have fingerprint {found.get(task)}, and had "
            f"{expected.get(task)}: files were added, removed or changed since, so the "
            "split may be another and test data may have been learned. Point "
            "--data_dir to the data of then, or train a new run."
        )
    return dict(expected)
