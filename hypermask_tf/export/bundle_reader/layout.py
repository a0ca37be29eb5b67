"""The fixed bytes of a bundle: header, table and footer, and the limits.

    header   16   magic, u32 version, u32 zero
    body          per task: its new parts, then its record
    table    48n  per record: u64 offset, u32 stored, u32 size, SHA-256 of its bytes
    footer   56   u64 offset of the table, u32 n, u32 zero, SHA-256 of header and
                  table, end magic

All numbers are little-endian.
"""

import dataclasses
import hashlib
import struct
from collections.abc import Sequence

from .errors import BundleError

VERSION = 1
# As in PNG: a high byte, the name, and line ends that a text transfer would change.
MAGIC = b"\x8dHMB\r\n\x1a\n"
END_MAGIC = b"\n\x1a\r\nBMH\x8d"
UPDATE_MAGIC = b"\x8dHMU\r\n\x1a\n"

HEADER = struct.Struct("<8sII")
ROW = struct.Struct("<QII32s")
FOOTER = struct.Struct("<QII32s8s")

MAX_RECORDS = 4096
MAX_RECORD_BYTES = 4 << 20
MAX_RECORDS_BYTES = 64 << 20
MAX_PARTS = 65536
MAX_SEGMENTS = 4096
MAX_NEEDS = 1024
MAX_CONTENT_BYTES = 256 << 20
MAX_DICTIONARY_BYTES = 8 << 20
MAX_BUNDLE_BYTES = 1 << 30


@dataclasses.dataclass(frozen=True)
class Row:
    """Where a record lies in a bundle, and what its bytes hash to."""

    offset: int
    stored: int
    size: int
    sha256: bytes

    def pack(self) -> bytes:
        """Returns the row as it stands in the table."""
        return ROW.pack(self.offset, self.stored, self.size, self.sha256)


def pack_header() -> bytes:
    """Returns the first bytes of a bundle."""
    return HEADER.pack(MAGIC, VERSION, 0)


def pack_end(table_offset: int, rows: Sequence[Row]) -> bytes:
    """Returns table and footer, which follow the body."""
    table = b"".join(row.pack() for row in rows)
    digest = hashlib.sha256(pack_header() + table).digest()
    return table + FOOTER.pack(table_offset, len(rows), 0, digest, END_MAGIC)


def what_is(content: bytes) -> str:
    """Returns what a file seems to be, from its first bytes."""
    kinds = {MAGIC: "a bundle", UPDATE_MAGIC: "an update", b"TFL3": "a .tflite file"}
    for start in (content[: len(MAGIC)], content[4:8]):
        if start in kinds and len(content) >= HEADER.size:
            return kinds[start]
    return f"a file that starts with {content[: len(MAGIC)]!r}"


def check_header(header: bytes) -> None:
    """Refuses what is no bundle, or one of a later version.

    Raises:
        BundleError: when the first bytes are not those of a bundle this code reads.
    """
    if header[: len(MAGIC)] != MAGIC or len(header) < HEADER.size:
        raise BundleError(
            f"Expected a bundle, which starts with {MAGIC!r}. Received: "
            f"{what_is(header)}"
        )
    _, version, zero = HEADER.unpack(header[: HEADER.size])
    if version > VERSION:
        raise BundleError(
            f"Expected a bundle of version {VERSION} or older. Received: version "
            f"{version}. Read it with a newer copy of this reader"
        )
    if version < 1 or zero:
        raise BundleError(f"The header is damaged: version {version}, then {zero}")


def check_footer(footer: bytes, file_bytes: int) -> tuple[int, int, bytes]:
    """Returns where the table begins, how many rows it has, and its SHA-256.

    Args:
        footer: the last bytes of the file.
        file_bytes: how long the file is.

    Raises:
        BundleError: when the file does not end as a bundle of this length does.
    """
    offset, count, zero, digest, magic = FOOTER.unpack(footer)
    if magic != END_MAGIC or zero:
        raise BundleError(
            f"The bundle is cut off or damaged: expected it to end with {END_MAGIC!r}. "
            f"Received: {magic!r}"
        )
    end = offset + count * ROW.size + FOOTER.size
    if count > MAX_RECORDS or offset < HEADER.size or end != file_bytes:
        raise BundleError(
            f"The bundle is damaged: its table of {count} records at byte {offset} "
            f"does not fit a file of {file_bytes} bytes"
        )
    return offset, count, digest


def unpack_table(
    header: bytes, table: bytes, digest: bytes, offset: int
) -> tuple[Row, ...]:
    """Returns the rows of a table, which lie one after the other before it.

    Args:
        header: the first bytes of the bundle.
        table: the bytes of the table.
        digest: the SHA-256 that both must have.
        offset: where the table begins.

    Raises:
        BundleError: when header or table were changed, or a row is out of bounds.
    """
    if hashlib.sha256(header + table).digest() != digest:
        raise BundleError("The bundle is damaged: the SHA-256 of its table differs")
    rows = tuple(Row(*fields) for fields in ROW.iter_unpack(table))
    position = HEADER.size
    for row in rows:
        end = row.offset + row.stored
        if row.offset < position or end > offset or row.size > MAX_RECORD_BYTES:
            raise BundleError(
                f"Expected a record of at most {MAX_RECORD_BYTES} bytes between byte "
                f"{position} and {offset}. Received: {row.size} bytes, stored from "
                f"{row.offset} to {end}"
            )
        position = end
    total = sum(row.size for row in rows)
    if position != offset or total > MAX_RECORDS_BYTES:
        raise BundleError(
            f"Expected records of at most {MAX_RECORDS_BYTES} bytes that end at byte "
            f"{offset}. Received: {total} bytes that end at {position}"
        )
    return rows
