"""ZIP files of one exact form: stored members, and `manifest.json` as the last one.

A file that is not, byte for byte, what `pack_archive` makes of its members is refused.
So nothing can hide between them, and no two programs see different members.
"""

import io
import json
import os
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import BundleError

VERSION = 2
MANIFEST = "manifest.json"
# Lower the limits on a small device: opening takes three times the bytes of a file.
MAX_BYTES = 256 << 20
MAX_MEMBERS = 4097
# Version 1 had a container of its own, which began with these bytes.
_VERSION_1 = {b"\x8dHMB\r\n\x1a\n": "a bundle", b"\x8dHMU\r\n\x1a\n": "an update"}
# What zipfile and json raise where bytes are damaged.
_DAMAGE = (
    *(zipfile.BadZipFile, NotImplementedError, EOFError, struct.error),
    *(ValueError, RecursionError),
)


def pack_archive(
    kind: str, members: Mapping[str, bytes], values: Mapping[str, Any]
) -> bytes:
    """Returns the ZIP file of these members; equal ones give equal bytes.

    Args:
        kind: `"bundle"` or `"update"`.
        members: names and contents, in order.
        values: what the manifest says besides kind and version.
    """
    head = {"format": f"hypermask {kind}", "version": VERSION}
    manifest = json.dumps({**head, **values}, separators=(",", ":"))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in {**members, MANIFEST: manifest.encode()}.items():
            info = zipfile.ZipInfo(name)  # stored, of 1980-01-01
            info.create_system, info.external_attr = 3, 0o644 << 16
            archive.writestr(info, content)
    return file.getvalue()


def unpack_archive(kind: str, content: bytes) -> tuple[dict[str, bytes], Any]:
    """Returns the members but the manifest, and what the manifest says.

    Raises:
        BundleError: when the file is damaged, of another kind or of another version.
    """
    _refuse_foreign(kind, content)
    _refuse_long(len(content))
    if content.count(b"PK\1\2") > MAX_MEMBERS:
        raise BundleError(f"Expected at most {MAX_MEMBERS} ZIP members. Received: more")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = archive.infolist()
            stored = not any(info.compress_type or info.flag_bits for info in infos)
            if not stored or sum(info.file_size for info in infos) > len(content):
                raise zipfile.BadZipFile("members are not stored one after the other")
            members = {info.filename: archive.read(info) for info in infos}
        values = json.loads(members.pop(MANIFEST, b""))
        if not isinstance(values, dict):
            raise zipfile.BadZipFile("the manifest is no object")
        found, version = values.pop("format", None), values.pop("version", None)
        if (found, version) == (f"hypermask {kind}", VERSION):
            if pack_archive(kind, members, values) == content:
                return members, values
            raise zipfile.BadZipFile("other bytes than its members make")
    except _DAMAGE as error:
        raise BundleError(f"The {kind} is cut off or damaged: {error!s:.99}") from error
    raise BundleError(
        f"Expected a hypermask {kind} of version {VERSION}. Received: {found!r:.40} of "
        f"version {version!r:.20}. Is it for a newer copy of this reader?"
    )


def read_file(path: str | os.PathLike[str]) -> bytes:
    """Returns the bytes of a bundle or an update, if they are not too many."""
    _refuse_long(os.path.getsize(path))
    return Path(path).read_bytes()


def _refuse_long(size: int) -> None:
    if size > MAX_BYTES:
        raise BundleError(f"Expected at most {MAX_BYTES} bytes. Received: {size}")


def _refuse_foreign(kind: str, content: bytes) -> None:
    start = content[:8]
    if start in _VERSION_1:
        raise BundleError(
            f"Expected a {kind} of version {VERSION}. Received: {_VERSION_1[start]} of "
            "version 1, the format of an older release. Make it anew from the run "
            "folder: export/bundle.py create BUNDLE RUN"
        )
    if start[:4] != b"PK\3\4":
        what = "a .tflite file" if start[4:] == b"TFL3" else f"{start!r}…"
        raise BundleError(f"Expected a {kind}, which is a ZIP file. Received: {what}")
