"""Files that are written whole or not at all."""

import os
import tempfile
from pathlib import Path


def write_file(path: Path, content: bytes) -> None:
    """Writes a file under a temporary name beside it, then renames it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def refuse_existing(path: Path, overwrite: bool) -> None:
    """Raises `FileExistsError` when a file is there and `overwrite` is false."""
    if os.path.lexists(path) and not overwrite:
        raise FileExistsError(
            f"{path} exists. Pass --overwrite (overwrite=True) to replace it"
        )
