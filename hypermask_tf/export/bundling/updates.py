"""Makes over-the-air updates; the reader on the device applies them."""

import hashlib
import os
from pathlib import Path

from hypermask_tf.export.bundle_reader import Bundle, Update
from hypermask_tf.export.bundle_reader.files import write_file
from hypermask_tf.export.bundling.compress import pack_frame


def make_update(base: bytes, target: bytes) -> Update:
    """Returns what turns the bytes of one bundle into those of another.

    What both hold, such as all earlier tasks when some were added, costs a few bytes.

    Args:
        base: the bundle on the devices.
        target: the bundle that they shall have.

    Example:

    >>> base = bytes(range(256)) * 8
    >>> update = make_update(base, base + b"more")
    >>> update.apply(base) == base + b"more", len(update.pack()) < 200
    (True, True)
    """
    update = Update(
        base_size=len(base),
        base_sha256=hashlib.sha256(base).digest(),
        target_size=len(target),
        target_sha256=hashlib.sha256(target).digest(),
        patch=pack_frame(target, base),
    )
    if update.apply(base) != target:
        raise RuntimeError("zstandard did not give back what it compressed")
    return update


def write_update(
    path: str | os.PathLike[str],
    base: str | os.PathLike[str],
    target: str | os.PathLike[str],
    overwrite: bool = False,
) -> int:
    """Writes the update from one bundle to another, after verifying both.

    Args:
        path: the update.
        base: the bundle on the devices.
        target: the bundle that they shall have.
        overwrite: whether a file of that name may be replaced.

    Returns:
        How many bytes the update has.

    Raises:
        BundleError: when a bundle is damaged.
        FileExistsError: when `path` exists and `overwrite` is false.
    """
    path = Path(path)
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path} exists. Pass --overwrite to replace it")
    for bundle_path in (base, target):
        with Bundle(bundle_path) as bundle:
            bundle.verify()
    content = make_update(Path(base).read_bytes(), Path(target).read_bytes()).pack()
    write_file(path, content)
    return len(content)
