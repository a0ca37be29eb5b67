"""Whether data are those that were learned."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from hypermask_tf import files


def checked_fingerprint(root: Path, paths: Iterable[Path], expected: str | None) -> str:
    """A hash of the names, below `root`, and of the contents of files.

    Args:
        root: The folder, or the file.
        paths: The files.
        expected: What it was when the data were learned; None for not asking.

    Raises:
        ValueError: If they have changed.
    """
    found = _hash(root, paths)
    if expected is not None and found != expected:
        raise ValueError(
            f"Expected the data that the run learned, of fingerprint {expected}. "
            f"Received: {root}, of fingerprint {found}: files were added, removed or "
            "changed since, so its split may be another and test data may have been "
            "learned. Point --data_dir to the data of then, or train a new run."
        )
    return found


def _hash(root: Path, paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        name = os.path.relpath(path, root) if path != root else path.name
        digest.update(f"{Path(name).as_posix()}\n{files.sha256(path)}\n".encode())
    return digest.hexdigest()[:16]
