"""Over-the-air updates: from one bundle to another, exactly.

header    16   magic, u32 version, u32 zero
base      40   u64 bytes, SHA-256 of the bundle that the update belongs to
target    40   u64 bytes, SHA-256 of the bundle that it gives
patch          one zstd frame of the target, with the base as its dictionary
seal      32   SHA-256 of all before
"""

import dataclasses
import hashlib
import os
import struct
from pathlib import Path

from . import layout
from .errors import BundleError
from .files import write_file
from .frames import unpack_frame
from .states import state_of, why_not

VERSION = 1
MAGIC = layout.UPDATE_MAGIC
HEAD = struct.Struct("<8sIIQ32sQ32s")
SEAL_BYTES = 32


@dataclasses.dataclass(frozen=True)
class Update:
    """An update whose seal is whole.

    Args:
        base_size: how long the bundle is that it belongs to.
        base_sha256: SHA-256 of that bundle.
        target_size: how long the bundle is that it gives.
        target_sha256: SHA-256 of that bundle.
        patch: the compressed difference.
    """

    base_size: int
    base_sha256: bytes
    target_size: int
    target_sha256: bytes
    patch: bytes = dataclasses.field(repr=False)

    def pack(self) -> bytes:
        """Returns the update as it is stored."""
        head = HEAD.pack(
            MAGIC,
            VERSION,
            0,
            self.base_size,
            self.base_sha256,
            self.target_size,
            self.target_sha256,
        )
        content = head + self.patch
        return content + hashlib.sha256(content).digest()

    def apply(self, base: bytes) -> bytes:
        """Returns the newer bundle.

        Args:
            base: the bundle on the device.

        Raises:
            BundleError: when `base` is another bundle than the update belongs to, or
                has it already.
        """
        known = (self.base_size, self.base_sha256)
        if state_of(base) != known:
            given = (self.target_size, self.target_sha256)
            raise BundleError(why_not(base, known, given))
        target = unpack_frame(self.patch, self.target_size, base)
        if hashlib.sha256(target).digest() != self.target_sha256:
            raise BundleError(
                "The update is damaged: the SHA-256 of what it gives differs"
            )
        return target


def parse_update(content: bytes) -> Update:
    """Returns an update.

    Raises:
        BundleError: when the bytes are no update, a newer one, or a damaged one.
    """
    if content[: len(MAGIC)] != MAGIC or len(content) < HEAD.size + SEAL_BYTES:
        raise BundleError(
            f"Expected an update, which starts with {MAGIC!r}. "
            f"Received: {layout.what_is(content)}"
        )
    fields = HEAD.unpack_from(content)
    version, zero = fields[1], fields[2]
    if version > VERSION:
        raise BundleError(
            f"Expected an update of version {VERSION} or older. Received: version "
            f"{version}. Apply it with a newer copy of this reader"
        )
    seal = hashlib.sha256(content[:-SEAL_BYTES]).digest()
    if version < 1 or zero or seal != content[-SEAL_BYTES:]:
        raise BundleError("The update is damaged: its SHA-256 differs")
    update = Update(
        base_size=fields[3],
        base_sha256=fields[4],
        target_size=fields[5],
        target_sha256=fields[6],
        patch=content[HEAD.size : -SEAL_BYTES],
    )
    if max(update.base_size, update.target_size) > layout.MAX_BUNDLE_BYTES:
        raise BundleError(
            f"Expected bundles of at most {layout.MAX_BUNDLE_BYTES} bytes. "
            f"Received: {update.base_size} and {update.target_size}"
        )
    return update


def apply_update(
    bundle: str | os.PathLike[str],
    update: str | os.PathLike[str],
    output: str | os.PathLike[str] | None = None,
) -> Path:
    """Brings a bundle up to date; it changes in one step or not at all.

    Args:
        bundle: the bundle on the device.
        update: the update that was made for exactly that bundle.
        output: where the newer bundle goes; `None` replaces `bundle`.

    Returns:
        The path of the newer bundle.

    Raises:
        BundleError: when the update is damaged, belongs to another bundle, or is
            applied already.
        OSError: when a file cannot be read or written.
    """
    parsed = parse_update(_read(update))
    path = Path(bundle if output is None else output)
    write_file(path, parsed.apply(_read(bundle)))
    return path


def _read(path: str | os.PathLike[str]) -> bytes:
    size = os.path.getsize(path)
    if size > 2 * layout.MAX_BUNDLE_BYTES:
        raise BundleError(
            f"Expected a smaller file than {path}. Received: {size} bytes"
        )
    return Path(path).read_bytes()
