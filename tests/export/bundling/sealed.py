"""Bundles that say what a test wants, under SHA-256s that are right."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypermask_tf.export.bundle_reader import Bundle, layout
from hypermask_tf.export.bundling.compress import pack_frame

StoredPart = tuple[bytes, dict[str, Any]]
StoredRecord = tuple[bytes, bytes]


def part(
    stream: bytes, size: int | None = None, known: bytes = b"", **said: Any
) -> StoredPart:
    """The frame of a part, and what a record says of it.

    Args:
        stream: what the frame decompresses to.
        size: how long the part is; `None` for as long as its stream.
        known: what the frame refers to.
        **said: further things that the record says, or others than are true.
    """
    frame = pack_frame(stream, known)
    true = {
        "stored": len(frame),
        "size": len(stream) if size is None else size,
        "stream": len(stream),
        "sha256": hashlib.sha256(frame).hexdigest(),
    }
    return frame, {**true, **said}


def record(
    parts: Sequence[StoredPart],
    segments: Any,
    content: bytes,
    file: Any = "task_00.tflite",
    **said: Any,
) -> StoredRecord:
    """The frames of a record's new parts, and its JSON.

    Args:
        parts: the new parts, each as `part` returned it.
        segments: which bytes of which parts the file is.
        content: the file.
        file: its name.
        **said: further things that the record says, or others than are true.
    """
    true = {
        "file": file,
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "parts": [entry for _, entry in parts],
        "segments": segments,
        "sidecar": {},
    }
    text = json.dumps({**true, **said}, separators=(",", ":")).encode()
    return b"".join(frame for frame, _ in parts), text


def abcd(segments: Any = ((0, 0, 4),), **said: Any) -> StoredRecord:
    """A record of a file of four bytes, which are one part."""
    return record([part(b"abcd")], segments, b"abcd", **said)


def sealed(*records: StoredRecord) -> bytes:
    """A bundle of such records, in this order."""
    body, rows, first = layout.pack_header(), [], b""
    for frames, text in records:
        stored = pack_frame(text, first)
        first = first or text
        body += frames
        digest = hashlib.sha256(stored).digest()
        rows.append(layout.Row(len(body), len(stored), len(text), digest))
        body += stored
    return body + layout.pack_end(len(body), rows)


def opened(path: Path, content: bytes) -> Bundle:
    """A bundle that was written, opened and closed again."""
    path.write_bytes(content)
    with Bundle(path) as bundle:
        return bundle


def last_file(path: Path, content: bytes) -> bytes:
    """The last file of a bundle, all of which is verified."""
    path.write_bytes(content)
    with Bundle(path) as bundle:
        bundle.verify()
        return bundle.read(bundle.records[-1].file)
