"""Applies over-the-air updates: from the files of one bundle to those of another.

An update is a ZIP file too. Its manifest says how many files are kept. Its `patch.zst`
is one zstd frame of all files after these, joined, and its dictionary is all files of
the older bundle, joined. So a file that changed a little costs a little.
"""

import dataclasses
import hashlib
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .archive import read_file, unpack_archive
from .bundle import Bundle, described, pack_bundle
from .errors import BundleError
from .files import write_file
from .frames import pack_frame, unpack_frame
from .member import Member, parse_members

PATCH = "patch.zst"


def apply_update(
    bundle: str | os.PathLike[str],
    update: str | os.PathLike[str],
    output: str | os.PathLike[str] | None = None,
) -> Path:
    """Brings a bundle up to date; it changes in one step or not at all.

    Args:
        bundle: the bundle on the device.
        update: the update that was made for exactly the files of that bundle.
        output: where the newer bundle goes; `None` replaces `bundle`.

    Returns:
        The path of the newer bundle.

    Raises:
        BundleError: when the update is damaged, belongs to another bundle, or is
            applied already.
    """
    path = Path(bundle if output is None else output)
    write_file(path, updated(Bundle.open(bundle), read_file(update)).content)
    return path


def updated(bundle: Bundle, update: bytes) -> Bundle:
    """Returns the newer bundle, given the older one and the update between them."""
    frames, values = unpack_archive("update", update)
    old, new, keep = (values.get(key) for key in ("base", "target", "keep"))
    if state_of(bundle.members) != old:
        raise BundleError(_why_not(bundle, old, new))
    entries = values.get("members")
    if type(keep) is not int or not 0 <= keep <= len(bundle.files):
        raise BundleError(f"Expected files to keep. Received: {keep!r:.40}")
    if list(frames) != [PATCH] or not isinstance(entries, list):
        raise BundleError(f"Expected {PATCH} and a list of members")
    members = bundle.members[: 2 * keep]
    contents = [bundle.read(member.name) for member in members]
    added = parse_members([*described(members), *entries])[2 * keep :]
    if state_of([*members, *added]) != new:
        raise BundleError("The update is damaged: it gives other files than it says")
    size = sum(member.size for member in added)
    joined = io.BytesIO(unpack_frame(frames[PATCH], size, bundle.joined()))
    contents += [member.check(joined.read(member.size)) for member in added]
    for member in added:
        number = len(members)
        known = b"".join(contents[number % 2 : number : 2][: member.bases])
        frame = pack_frame(contents[number], known)
        members.append(dataclasses.replace(member, frame=frame))
    return Bundle(pack_bundle(members))


def state_of(members: Sequence[Member]) -> dict[str, Any]:
    """Returns how many files there are, and one SHA-256 of their names and contents."""
    lines = "".join(f"{member.sha256}  {member.name}\n" for member in members)
    digest = hashlib.sha256(lines.encode()).hexdigest()
    return {"files": len(members) // 2, "sha256": digest}


def _why_not(bundle: Bundle, old: Any, new: Any) -> str:
    """Returns why an update does not fit, judged by what the bundle was before."""
    now = state_of(bundle.members)
    earlier = [state_of(bundle.members[: 2 * n]) for n in range(now["files"])]
    if new == now:
        return (
            "The update is already applied: the bundle is the one that it gives. There "
            "is nothing to do"
        )
    if new in earlier:
        return (
            "The update is older than the bundle: it leads to the first "
            f"{new['files']} of the {now['files']} files that are there. There is "
            "nothing to do"
        )
    if old in earlier:
        return (
            "The bundle has changed since: the update belongs to the first "
            f"{old['files']} of the {now['files']} files that are there. Make an "
            "update from the bundle as it is now"
        )
    return (
        "The update belongs to another bundle, or to this one after updates that it "
        f"lacks: expected {old!r:.120}. Received: {now}. Apply all updates in the "
        "order in which they were made"
    )
