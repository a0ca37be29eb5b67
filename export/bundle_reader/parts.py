"""Parts out of an open bundle: as they are stored, decompressed, and restored."""

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


def part_streams(
    file: BinaryIO,
    parts: Sequence[Part],
    numbers: Iterable[int],
    most: int | None = None,
) -> dict[int, bytes]:
    """Returns parts decompressed, and all that they refer to.

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
        if number in needed:  # a part refers to earlier ones only
            needed.update(parts[number].dictionary)
    most = layout.MAX_CONTENT_BYTES if most is None else most
    total = sum(parts[number].stream for number in needed)
    if total > most:
        raise BundleError(
            f"Expected at most {most} bytes to decompress. Received: {total}"
        )
    streams: dict[int, bytes] = {}
    for number in sorted(needed):
        part = parts[number]
        dictionary = b"".join(streams[earlier] for earlier in part.dictionary)
        stored = stored_part(file, parts, number)
        streams[number] = unpack_frame(stored, part.stream, dictionary)
    return streams


def part_contents(
    file: BinaryIO, parts: Sequence[Part], numbers: Iterable[int]
) -> dict[int, bytes]:
    """Returns parts as they stand in the files.

    Raises:
        BundleError: when a part is damaged, or together they are too long.
    """
    numbers = list(numbers)
    streams = part_streams(file, parts, numbers)
    return {
        number: restore(streams[number], parts[number].size, parts[number].transform)
        for number in numbers
    }
