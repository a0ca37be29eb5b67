"""A file in a bundle, as the manifest describes it."""

import dataclasses
import hashlib
import re
from collections.abc import Sequence
from typing import Any

from .errors import BundleError
from .frames import unpack_frame

MAX_FILE_BYTES = 256 << 20
MAX_JSON_BYTES = 4 << 20
MAX_BASE_BYTES = 32 << 20
MAX_TOTAL_BYTES = 1 << 30
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}\.tflite")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TYPES = {"name": str, "size": int, "sha256": str, "bases": int}


@dataclasses.dataclass(frozen=True)
class Member:
    """A `.tflite` file, or the JSON that lies beside one.

    Args:
        name: its name.
        size: how many bytes it has.
        sha256: their SHA-256, in hexadecimal.
        bases: its zstd dictionary is the first so many files of its kind, joined.
        frame: the file as a zstd frame.
    """

    name: str
    size: int
    sha256: str
    bases: int
    frame: bytes = dataclasses.field(default=b"", repr=False)

    def restore(self, earlier: Sequence[bytes]) -> bytes:
        """Returns the file, given the first ones of its kind."""
        dictionary = b"".join(earlier[: self.bases])
        return self.check(unpack_frame(self.frame, self.size, dictionary))

    def check(self, content: bytes) -> bytes:
        """Returns the content if it has the SHA-256; raises `BundleError` otherwise."""
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise BundleError(
                f"The file is damaged: the SHA-256 of {self.name} differs"
            )
        return content


def json_name(file: str) -> str:
    """Returns the name of the JSON beside a `.tflite` file."""
    return file.removesuffix(".tflite") + ".json"


def parse_members(entries: Any) -> list[Member]:
    """Returns what a manifest lists: each `.tflite` file, and its JSON after it.

    Raises:
        BundleError: when a value is not what it should be, or not within the limits.
    """
    members: list[Member] = []
    for entry in entries if isinstance(entries, list) else [entries]:
        values = entry if isinstance(entry, dict) else {}
        types = {key: type(value) for key, value in values.items()}
        if types != _TYPES or not _may_follow(members, Member(**values)):
            raise BundleError(
                "Expected a plain file name, a SHA-256 and numbers within the limits. "
                f"Received: {entry!r:.200}"
            )
        members.append(Member(**values))
    if len(members) % 2 or sum(member.size for member in members) > MAX_TOTAL_BYTES:
        raise BundleError(
            f"Expected a JSON beside each file, and at most {MAX_TOTAL_BYTES} bytes"
        )
    return members


def _may_follow(earlier: Sequence[Member], member: Member) -> bool:
    """Whether a member's values are within the limits."""
    is_json = len(earlier) % 2
    kind = earlier[is_json::2]
    named = (
        member.name == json_name(earlier[-1].name)
        if is_json
        else bool(_FILE.fullmatch(member.name))
    )
    return (
        named
        and bool(_SHA256.fullmatch(member.sha256))
        and 1 <= member.size <= (MAX_JSON_BYTES if is_json else MAX_FILE_BYTES)
        and 0 <= member.bases <= len(kind)
        and sum(base.size for base in kind[: member.bases]) <= MAX_BASE_BYTES
    )
