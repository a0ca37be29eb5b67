"""Bundles that say what a test wants, in a ZIP file whose form is right."""

import dataclasses
import hashlib
from collections.abc import Sequence
from typing import Any

from hypermask_tf.export.bundle_reader.archive import pack_archive
from hypermask_tf.export.bundle_reader.frames import pack_frame

Entry = tuple[dict[str, Any], bytes]


def entry(name: Any, content: bytes, known: bytes = b"", **said: Any) -> Entry:
    """What the manifest says of a member, and its frame.

    Args:
        name: its name.
        content: the file.
        known: the dictionary of its frame.
        **said: what the manifest says otherwise than is true.
    """
    true = {
        "name": name,
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "bases": 0,
    }
    return {**true, **said}, pack_frame(content, known)


def pair(name: str = "a", content: bytes = b"abcd", **said: Any) -> list[Entry]:
    """A `.tflite` file of four bytes, and its JSON."""
    return [
        entry(f"{name}.tflite", content, **said),
        entry(f"{name}.json", b"{}"),
    ]


def sealed(entries: Sequence[Entry], **values: Any) -> bytes:
    """The bundle of such members; `values` replaces what the manifest says."""
    frames = {f"{said.get('name')}.zst": frame for said, frame in entries}
    members = {"members": [said for said, _ in entries]}
    return pack_archive("bundle", frames, {**members, **values})


def opened_up(members: Sequence[Any]) -> list[Entry]:
    """The members of a bundle, so that one of them can be made to lie."""
    entries = [dataclasses.asdict(member) for member in members]
    return [(said, said.pop("frame")) for said in entries]
