"""Makes bundles, to which files are only ever appended, and updates between them."""

import hashlib
import itertools
from collections.abc import Sequence

from hypermask_tf.export.bundle_reader.archive import pack_archive
from hypermask_tf.export.bundle_reader.bundle import Bundle, described, pack_bundle
from hypermask_tf.export.bundle_reader.errors import BundleError
from hypermask_tf.export.bundle_reader.frames import pack_frame
from hypermask_tf.export.bundle_reader.member import Member, json_name
from hypermask_tf.export.bundle_reader.update import PATCH, state_of, updated
from hypermask_tf.export.bundling.sources import SourceFile

# zstd goes through a whole dictionary for each file: a longer one makes writing slow.
MAX_DICTIONARY_BYTES = 8 << 20


def make_bundle(
    sources: Sequence[SourceFile], base: Bundle | None = None
) -> tuple[Bundle, list[str]]:
    """Returns the bundle of these files; equal files in equal order give equal bytes.

    Args:
        sources: the files. Those that `base` holds already are left out.
        base: the bundle that they are appended to; `None` for a new one.

    Returns:
        The bundle, and the names of the files that were appended.

    Raises:
        BundleError: when `base` is damaged.
        ValueError: when the files do not fit a bundle, or are no longer those that
            `base` has under these names.
    """
    members = list(base.members) if base else []
    known = {m.name: base.read(m.name) for m in members} if base else {}
    files = [source.file for source in sources]
    for source in sources:
        if files.count(source.file) > 1:
            raise ValueError(f"Expected each file once. Received: {source.file} twice")
        if known.get(source.file, source.content) != source.content:
            raise ValueError(
                f"The bundle holds another {source.file}, and what is in a bundle "
                "never changes. Create a bundle anew"
            )
    new = [source for source in sources if source.file not in known]
    for source in new:
        pair = {source.file: source.content, json_name(source.file): source.text}
        for name, content in pair.items():
            members.append(
                _member(name, content, [*known.values()][len(known) % 2 :: 2])
            )
            known[name] = content
    try:
        bundle = Bundle(pack_bundle(members))
        restored = {member.name: bundle.read(member.name) for member in members}
    except BundleError as error:
        raise ValueError(f"The files do not fit a bundle: {error}") from error
    if restored != known:
        raise RuntimeError("zstandard did not give back what it compressed")
    return bundle, [source.file for source in new]


def make_update(base: Bundle, target: Bundle) -> bytes:
    """Returns what turns one bundle into another; what both hold costs next to nothing.

    Raises:
        BundleError: when a bundle is damaged.
    """
    old, new = described(base.members), described(target.members)
    kept = 0
    while old[kept : kept + 2] == new[kept : kept + 2] != []:
        kept += 2
    added = b"".join(target.read(entry["name"]) for entry in new[kept:])
    values = {
        "base": state_of(base.members),
        "target": state_of(target.members),
        "keep": kept // 2,
        "members": new[kept:],
    }
    patch = pack_frame(added, base.joined())
    update = pack_archive("update", {PATCH: patch}, values)
    if state_of(updated(base, update).members) != state_of(target.members):
        raise RuntimeError("zstandard did not give back what it compressed")
    return update


def _member(name: str, content: bytes, earlier: Sequence[bytes]) -> Member:
    """Returns a file as a member, after the `earlier` ones of its kind."""
    # The first files, whose own bases are among them: so no chain grows long.
    ends = itertools.accumulate(len(base) for base in earlier)
    most = sum(end <= MAX_DICTIONARY_BYTES for end in ends)
    frames = {n: pack_frame(content, b"".join(earlier[:n])) for n in (0, most)}
    bases = min(frames, key=lambda n: len(frames[n]))
    digest = hashlib.sha256(content).hexdigest()
    return Member(name, len(content), digest, bases, frames[bases])
