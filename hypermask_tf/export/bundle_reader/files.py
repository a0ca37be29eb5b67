"""Files that are written whole or not at all, and only where they belong."""

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import BundleError


def sidecar_text(sidecar: Mapping[str, Any]) -> bytes:
    """Returns the JSON that lies beside a file, as the export tool writes it.

    Raises:
        BundleError: when it holds what JSON cannot say.
    """
    try:
        return (json.dumps(sidecar, indent=2, allow_nan=False) + "\n").encode()
    except (ValueError, RecursionError) as error:
        raise BundleError(f"A sidecar cannot be written as JSON: {error}") from error


def write_file(path: Path, content: bytes) -> None:
    """Writes a file under a temporary name beside it, then renames it.

    Its folder is made when it is missing.
    """
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


def write_files(
    folder: Path, contents: Mapping[str, bytes], overwrite: bool
) -> list[Path]:
    """Writes files into a folder, which is made when it is missing.

    Args:
        folder: where to.
        contents: plain file names, and the bytes of each.
        overwrite: whether files that exist may be replaced.

    Returns:
        The paths written.

    Raises:
        BundleError: when a name leads out of the folder.
        FileExistsError: when a file exists and `overwrite` is false.
    """
    for name in contents:
        if Path(name).name != name or name in ("", ".", ".."):
            raise BundleError(f"Expected a plain file name. Received: {name!r}")
        if not overwrite and os.path.lexists(folder / name):
            raise FileExistsError(
                f"{folder / name} exists. Pass --overwrite (overwrite=True) to replace "
                "it, or another folder"
            )
    for name, content in contents.items():
        write_file(folder / name, content)
    return [folder / name for name in contents]
