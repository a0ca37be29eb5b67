"""What a bundle says about one file: its parts, how they make it up, its sidecar."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from . import fields, layout
from .errors import BundleError
from .transforms import GROUPED, MAX_GROUPS, NONE, TRANSFORMS


@dataclasses.dataclass(frozen=True)
class Part:
    """A piece of one or more files, compressed.

    Args:
        offset: where its frame lies in the bundle.
        stored: how long the frame is.
        stream: how long it is decompressed.
        size: how long it is with its transform undone.
        sha256: of the frame's bytes, in hexadecimal.
        transform: how its bytes are ordered in the frame.
        dictionary: numbers of earlier parts whose streams, one after the other, the
            frame refers to.
        references: numbers of earlier parts that form the groups of its transform.
    """

    offset: int
    stored: int
    stream: int
    size: int
    sha256: str
    transform: str = NONE
    dictionary: tuple[int, ...] = ()
    references: tuple[int, ...] = ()

    @property
    def needs(self) -> tuple[int, ...]:
        """Numbers of the parts that must be there before this one."""
        return self.dictionary + self.references

    def to_json(self) -> dict[str, Any]:
        """Returns what a record says of the part; defaults are left out."""
        values: dict[str, Any] = {
            "stored": self.stored,
            "size": self.size,
            "sha256": self.sha256,
        }
        if self.stream != self.size:
            values["stream"] = self.stream
        if self.transform != NONE:
            values["transform"] = self.transform
        if self.dictionary:
            values["dictionary"] = list(self.dictionary)
        if self.references:
            values["references"] = list(self.references)
        return values


@dataclasses.dataclass(frozen=True)
class Record:
    """One file of a bundle.

    Args:
        file: name of the `.tflite` file.
        size: how long it is.
        sha256: of the file, in hexadecimal.
        parts: its new parts; it may use earlier ones too.
        segments: `(part, start, length)`; these bytes in turn are the file.
        sidecar: the JSON that lay beside it: task, labels, preprocessing, proof.
    """

    file: str
    size: int
    sha256: str
    parts: tuple[Part, ...]
    segments: tuple[tuple[int, int, int], ...]
    sidecar: dict[str, Any]

    @property
    def used_parts(self) -> tuple[int, ...]:
        """Numbers of the parts that the file is made of, in order."""
        return tuple(sorted({part for part, _, _ in self.segments}))

    def to_json(self) -> dict[str, Any]:
        """Returns the record as it is stored."""
        return {
            "file": self.file,
            "size": self.size,
            "sha256": self.sha256,
            "parts": [part.to_json() for part in self.parts],
            "segments": [list(segment) for segment in self.segments],
            "sidecar": self.sidecar,
        }


def parse_record(
    text: bytes, offset: int, end: int, earlier: Sequence[Part]
) -> tuple[Record, tuple[Part, ...]]:
    """Returns a record, and all parts up to it.

    Args:
        text: the record's JSON.
        offset: where the bytes of its first part lie.
        end: where those of its last part must end.
        earlier: the parts of the records before it.

    Raises:
        BundleError: when the record is malformed or out of bounds.
    """
    values = fields.mapping(fields.parse_json(text), "record")
    parts = list(earlier)
    room = layout.MAX_PARTS - len(parts)
    for entry in fields.sequence(values.get("parts"), "parts", room):
        part = _parse_part(fields.mapping(entry, "part"), offset, parts)
        offset += part.stored
        parts.append(part)
    if offset != end:
        raise BundleError(
            f"Expected the parts of a record to end at byte {end}. Received: {offset}"
        )
    size = fields.number(values.get("size"), "size", layout.MAX_CONTENT_BYTES)
    record = Record(
        file=fields.file_name(values.get("file")),
        size=size,
        sha256=fields.sha256(values.get("sha256"), "sha256"),
        parts=tuple(parts[len(earlier) :]),
        segments=_parse_segments(values.get("segments"), parts, size),
        sidecar=fields.mapping(values.get("sidecar"), "sidecar"),
    )
    return record, tuple(parts)


def _parse_part(values: dict[str, Any], offset: int, earlier: Sequence[Part]) -> Part:
    size = fields.number(values.get("size"), "size", layout.MAX_CONTENT_BYTES)
    transform = values.get("transform", NONE)
    if transform not in TRANSFORMS:
        fields.refuse(f"one of {list(TRANSFORMS)}", "transform", transform)
    dictionary = _parse_numbers(values, "dictionary", earlier)
    known = sum(earlier[part].stream for part in dictionary)
    fields.number(known, "bytes of dictionary", layout.MAX_DICTIONARY_BYTES)
    references = _parse_numbers(values, "references", earlier)
    if references and transform != GROUPED:
        fields.refuse("no references", f"transform {transform}", references)
    for part in references:
        fields.number(earlier[part].size, "size of a reference", size, size)
    return Part(
        offset=offset,
        stored=fields.number(values.get("stored"), "stored", layout.MAX_BUNDLE_BYTES),
        stream=fields.number(
            values.get("stream", size), "stream", size + size // 8 + MAX_GROUPS
        ),
        size=size,
        sha256=fields.sha256(values.get("sha256"), "sha256"),
        transform=transform,
        dictionary=dictionary,
        references=references,
    )


def _parse_numbers(
    values: dict[str, Any], key: str, earlier: Sequence[Part]
) -> tuple[int, ...]:
    """Returns numbers of earlier parts, each once."""
    most = min(len(earlier), layout.MAX_NEEDS)
    numbers = fields.sequence(values.get(key, []), key, most)
    found = tuple(fields.number(part, key, len(earlier) - 1) for part in numbers)
    if len(set(found)) != len(found):
        fields.refuse("each part once", key, numbers)
    return found


def _parse_segments(
    value: Any, parts: Sequence[Part], size: int
) -> tuple[tuple[int, int, int], ...]:
    segments = []
    for entry in fields.sequence(value, "segments", layout.MAX_SEGMENTS):
        if len(fields.sequence(entry, "segment", 3)) != 3:
            fields.refuse("part, start and length", "segment", entry)
        part = fields.number(entry[0], "part", len(parts) - 1)
        start = fields.number(entry[1], "start", parts[part].size)
        length = fields.number(entry[2], "length", parts[part].size - start)
        segments.append((part, start, length))
    if sum(length for _, _, length in segments) != size:
        fields.refuse(f"{size} bytes in all", "segments", value)
    return tuple(segments)
