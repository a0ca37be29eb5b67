"""Parts out of an open bundle: as they are stored, decompressed, and restored."""

import dataclasses
import hashlib
from collections.abc import Iterable, Sequence
from typing import BinaryIO

from . import layout
from .errors import BundleError
from .frames import unpack_frame
from .index import read_at
from .record import Part
from .transforms import restore


def stored_part(file: BinaryIO, parts: Sequence[Part], number: int) -> bytes:
    """Returns a part as it lies in the bundle, compressed.

    Raises:
        BundleError: when its bytes are not those its SHA-256 was taken of.
    """
    part = parts[number]
    content = read_at(file, part.offset, part.stored)
    if hashlib.sha256(content).hexdigest() != part.sha256:
        raise BundleError(
            f"The bundle is damaged: the SHA-256 of part {number} differs"
        )
    return content


@dataclasses.dataclass(frozen=True)
class Decoded:
    """A part: as it came out of zstd, and as it stands in the files."""

    stream: bytes = dataclasses.field(repr=False)
    content: bytes = dataclasses.field(repr=False)


def decode_parts(
    file: BinaryIO,
    parts: Sequence[Part],
    numbers: Iterable[int],
    most: int | None = None,
) -> dict[int, Decoded]:
    """Returns parts, and all that they need.

    Args:
        file: the open bundle.
        parts: all its parts.
        numbers: those wanted.
        most: how many bytes they may have in all; `None` for the limit of a file.

    Raises:
        BundleError: when a part is damaged, or together they are too long.
    """
    needed = set(numbers)
    for number in range(len(parts) - 1, -1, -1):
        if number in needed:  # a part needs earlier ones only
            needed.update(parts[number].needs)
    most = layout.MAX_CONTENT_BYTES if most is None else most
    total = sum(max(parts[number].stream, parts[number].size) for number in needed)
    if total > most:
        raise BundleError(
            f"Expected at most {most} bytes to decompress. Received: {total}"
        )
    decoded: dict[int, Decoded] = {}
    for number in sorted(needed):
        part = parts[number]
        dictionary = b"".join(decoded[other].stream for other in part.dictionary)
        stored = stored_part(file, parts, number)
        stream = unpack_frame(stored, part.stream, dictionary)
        references = [decoded[other].content for other in part.references]
        content = restore(stream, part.size, part.transform, references)
        decoded[number] = Decoded(stream, content)
    return decoded
