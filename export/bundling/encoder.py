"""Turns files into parts and records, sharing with what a bundle holds already."""

import hashlib
import json
from collections.abc import Iterable, Iterator

from export.bundle_reader import Bundle, Part, Record, layout
from export.bundle_reader.transforms import restore
from export.bundling.compress import Packed, pack_alone, pack_frame, pack_with
from export.bundling.sources import SourceFile
from export.bundling.split import weight_ranges

# What a device decompresses for one part: itself, and this many bytes of others.
MOST_REFERRED = 32 << 20


class Encoder:
    """Encodes one file after the other; what it returns is only ever appended.

    Args:
        bundle: the bundle to append to; `None` for a new one.

    Raises:
        BundleError: when the bundle is damaged.
    """

    def __init__(self, bundle: Bundle | None = None) -> None:
        self._parts: list[Part] = []
        self._streams: dict[int, bytes] = {}
        self._by_content: dict[bytes, int] = {}
        self._roles: dict[int, list[int]] = {}
        self._first_record = b""
        if bundle is not None:
            self._parts = list(bundle.parts)
            self._streams = bundle.streams()
            for number, part in enumerate(self._parts):
                content = restore(self._streams[number], part.size, part.transform)
                self._by_content.setdefault(_digest(content), number)
            for record in bundle.records:
                self._remember_roles(record)
            self._first_record = bundle.record_dictionary()

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
        body, known = b"", len(self._parts)
        segments, numbers = [], dict[int, int]()
        pieces, places = _pieces(source.content)
        for role, piece in enumerate(pieces):
            number = self._by_content.get(_digest(piece))
            if number is None:
                packed = self._pack(piece, role)
                number = self._append(piece, packed, offset + len(body))
                body += packed.stored
            numbers[role] = number
        for role, start, length in places:
            segments.append((numbers[role], start, length))
        record = Record(
            file=source.file,
            size=len(source.content),
            sha256=source.sha256,
            parts=tuple(self._parts[known:]),
            segments=tuple(segments),
            sidecar=source.sidecar,
        )
        self._remember_roles(record)
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
        return pack_with(alone, self._dictionaries(role, alone.transform))

    def _append(self, piece: bytes, packed: Packed, offset: int) -> int:
        number = len(self._parts)
        self._parts.append(
            Part(
                offset=offset,
                stored=len(packed.stored),
                stream=len(packed.stream),
                size=len(piece),
                sha256=hashlib.sha256(packed.stored).hexdigest(),
                transform=packed.transform,
                dictionary=packed.dictionary,
            )
        )
        self._streams[number] = packed.stream
        self._by_content[_digest(piece)] = number
        return number

    def _dictionaries(
        self, role: int, transform: str
    ) -> Iterator[tuple[tuple[int, ...], bytes]]:
        """Yields the first part of the same role, the latest, and as many as fit."""
        numbers = [
            number
            for number in self._roles.get(role, [])
            if self._parts[number].transform == transform
        ]
        fitting: list[int] = []
        room = layout.MAX_DICTIONARY_BYTES
        for number in reversed(numbers):
            room -= self._parts[number].stream
            if room < 0:
                break
            fitting.insert(0, number)
        for chosen in dict.fromkeys(
            (tuple(numbers[:1]), tuple(numbers[-1:]), tuple(fitting))
        ):
            dictionary = b"".join(self._streams[number] for number in chosen)
            if 0 < len(dictionary) <= layout.MAX_DICTIONARY_BYTES and self._near(
                chosen
            ):
                yield chosen, dictionary

    def _near(self, numbers: Iterable[int]) -> bool:
        """Whether parts can be had without decompressing too many others."""
        needed, queue = set[int](), list(numbers)
        while queue:
            number = queue.pop()
            if number not in needed:
                needed.add(number)
                queue.extend(self._parts[number].dictionary)
        return sum(self._parts[number].stream for number in needed) <= MOST_REFERRED

    def _remember_roles(self, record: Record) -> None:
        # The skeleton comes first in a file, its buffers in their order after it.
        for role, number in enumerate(dict.fromkeys(s[0] for s in record.segments)):
            numbers = self._roles.setdefault(role, [])
            if number not in numbers:
                numbers.append(number)


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


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
