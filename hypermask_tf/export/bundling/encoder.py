"""Turns files into parts and records, sharing with what a bundle holds already."""

import hashlib
import json

from hypermask_tf.export.bundle_reader import Bundle, Record, layout
from hypermask_tf.export.bundling.compress import (
    Packed,
    pack_alone,
    pack_frame,
    pack_grouped,
    pack_with,
    smallest,
)
from hypermask_tf.export.bundling.known_parts import KnownParts
from hypermask_tf.export.bundling.sources import SourceFile
from hypermask_tf.export.bundling.split import weight_ranges

# Each group costs some 100 bytes for its codes.
SMALLEST_GROUPED = 8192


class Encoder:
    """Encodes one file after the other; what it returns is only ever appended.

    Args:
        bundle: the bundle to append to; `None` for a new one.

    Raises:
        BundleError: when the bundle is damaged.
    """

    def __init__(self, bundle: Bundle | None = None) -> None:
        self._known = KnownParts(bundle)
        self._first_record = bundle.record_dictionary() if bundle else b""

    def encode(self, source: SourceFile, offset: int) -> tuple[bytes, layout.Row]:
        """Returns the bytes that append a file to a bundle, and its row of the table.

        Args:
            source: the file.
            offset: where in the bundle the bytes will begin.

        Raises:
            ValueError: when the file is no `.tflite` file, or too large.
        """
        if len(source.content) > layout.MAX_CONTENT_BYTES:
            raise ValueError(
                f"Expected at most {layout.MAX_CONTENT_BYTES} bytes in a file. "
                f"Received: {len(source.content)} in {source.file}"
            )
        body, first_part, numbers = b"", len(self._known), list[int]()
        pieces, places = _pieces(source.content)
        for role, piece in enumerate(pieces):
            number = self._known.find(piece)
            if number is None:
                packed = self._pack(piece, role)
                number = self._known.append(piece, packed, offset + len(body))
                body += packed.stored
            numbers.append(number)
        record = Record(
            file=source.file,
            size=len(source.content),
            sha256=source.sha256,
            parts=self._known.since(first_part),
            segments=tuple(
                (numbers[role], start, length) for role, start, length in places
            ),
            sidecar=source.sidecar,
        )
        self._known.remember_roles(record)
        text = record_text(record)
        stored = pack_frame(text, self._first_record)
        self._first_record = self._first_record or text
        row = layout.Row(
            offset=offset + len(body),
            stored=len(stored),
            size=len(text),
            sha256=hashlib.sha256(stored).digest(),
        )
        return body + stored, row

    def _pack(self, piece: bytes, role: int) -> Packed:
        alone = pack_alone(piece)
        best = pack_with(alone, self._known.dictionaries(role, alone.transform))
        if len(piece) < SMALLEST_GROUPED:
            return best
        references = self._known.references(role, len(piece))
        return smallest(best, pack_grouped(piece, references))


def record_text(record: Record) -> bytes:
    """Returns a record as it is stored."""
    text = json.dumps(record.to_json(), separators=(",", ":"), allow_nan=False)
    if len(text) > layout.MAX_RECORD_BYTES:
        raise ValueError(
            f"Expected at most {layout.MAX_RECORD_BYTES} bytes of JSON about a file. "
            f"Received: {len(text)} for {record.file}"
        )
    return text.encode()


def _pieces(content: bytes) -> tuple[list[bytes], list[tuple[int, int, int]]]:
    """Returns skeleton and buffers, and `(piece, start, length)` of the file."""
    skeleton, end = b"", 0
    pieces, places = [b""], []
    for start, length in weight_ranges(content):
        places.append((0, len(skeleton), start - end))
        skeleton += content[end:start]
        end = start + length
        places.append((len(pieces), 0, length))
        pieces.append(content[start:end])
    places.append((0, len(skeleton), len(content) - end))
    pieces[0] = skeleton + content[end:]
    return pieces, [place for place in places if place[2]]
