"""From an open file to what the bundle says of itself, each step checked."""

import hashlib
import os
from typing import BinaryIO

from . import layout
from .errors import BundleError
from .frames import unpack_frame
from .record import Part, Record, parse_record


def read_at(file: BinaryIO, offset: int, length: int) -> bytes:
    """Returns exactly `length` bytes.

    Raises:
        BundleError: when the file ends before.
    """
    file.seek(offset)
    content = file.read(length)
    if len(content) != length:
        raise BundleError(
            f"The file is cut off: expected {length} bytes at byte {offset}. "
            f"Received: {len(content)}"
        )
    return content


def read_rows(file: BinaryIO) -> tuple[layout.Row, ...]:
    """Returns where the records lie.

    Raises:
        BundleError: when the file is no bundle, a newer one, or a damaged one.
    """
    size = file.seek(0, os.SEEK_END)
    header = read_at(file, 0, min(size, layout.HEADER.size))
    layout.check_header(header)
    if not layout.HEADER.size + layout.FOOTER.size <= size <= layout.MAX_BUNDLE_BYTES:
        raise BundleError(
            f"Expected a bundle of {layout.HEADER.size + layout.FOOTER.size} to "
            f"{layout.MAX_BUNDLE_BYTES} bytes. Received: {size}"
        )
    footer = read_at(file, size - layout.FOOTER.size, layout.FOOTER.size)
    offset, count, digest = layout.check_footer(footer, size)
    table = read_at(file, offset, count * layout.ROW.size)
    return layout.unpack_table(header, table, digest, offset)


def read_text(file: BinaryIO, row: layout.Row, dictionary: bytes = b"") -> bytes:
    """Returns the JSON of one record.

    Raises:
        BundleError: when its bytes are not those its SHA-256 was taken of.
    """
    stored = read_at(file, row.offset, row.stored)
    if hashlib.sha256(stored).digest() != row.sha256:
        raise BundleError(
            f"The bundle is damaged: the SHA-256 of the record at byte {row.offset} "
            "differs"
        )
    return unpack_frame(stored, row.size, dictionary)


def read_records(
    file: BinaryIO, rows: tuple[layout.Row, ...]
) -> tuple[tuple[Record, ...], tuple[Part, ...]]:
    """Returns the records at the given places, and all their parts.

    Raises:
        BundleError: when a record is damaged, or does not follow the one before it.
    """
    records: list[Record] = []
    parts: tuple[Part, ...] = ()
    first, position = b"", layout.HEADER.size
    for row in rows:
        text = read_text(file, row, first)
        record, parts = parse_record(text, position, row.offset, parts)
        if any(record.file == other.file for other in records):
            raise BundleError(f"Expected each file once. Received: {record.file} twice")
        records.append(record)
        first = first or text
        position = row.offset + row.stored
    return tuple(records), parts
