"""Writes bundles; a further file is appended, and nothing before it changes."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypermask_tf.export.bundle_reader import Bundle, layout
from hypermask_tf.export.bundle_reader.files import write_file
from hypermask_tf.export.bundling.encoder import Encoder
from hypermask_tf.export.bundling.sources import SourceFile


def create_bundle(
    path: str | os.PathLike[str], sources: Sequence[SourceFile], overwrite: bool = False
) -> None:
    """Writes a new bundle, whole or not at all; equal files give equal bytes.

    Args:
        path: the bundle.
        sources: what it shall hold.
        overwrite: whether a file of that name may be replaced.

    Raises:
        FileExistsError: when `path` exists and `overwrite` is false.
        ValueError: when `sources` is empty, or holds one name twice.
    """
    path = Path(path)
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path} exists. Pass --overwrite to replace it")
    if not sources:
        raise ValueError("Expected at least one file for a bundle. Received: none")
    _write(path, bundle_bytes(sources), sources)


def add_to_bundle(
    path: str | os.PathLike[str], sources: Sequence[SourceFile]
) -> list[SourceFile]:
    """Appends files to a bundle. Its bytes up to the table stay as they are.

    Args:
        path: the bundle; it is replaced in one step.
        sources: the files; those that the bundle holds already are left out.

    Returns:
        The files that were appended.

    Raises:
        BundleError: when the bundle is damaged.
        ValueError: when the bundle holds another file of the same name.
    """
    with Bundle(path) as bundle:
        known = {record.file: record.sha256 for record in bundle.records}
        for source in sources:
            if known.get(source.file, source.sha256) != source.sha256:
                raise ValueError(
                    f"{path} holds another {source.file}, and what is in a bundle "
                    "never changes. Create a bundle anew"
                )
        new = [source for source in sources if source.file not in known]
        if new:
            _write(Path(path), bundle_bytes(new, bundle), new)
    return new


def _write(path: Path, content: bytes, sources: Sequence[SourceFile]) -> None:
    """Puts a bundle in place once its new files came out of it as they went in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as work:
        temporary = Path(work, path.name)
        write_file(temporary, content)
        with Bundle(temporary) as bundle:
            for source in sources:
                if bundle.read(source.file) != source.content:
                    raise RuntimeError(f"{source.file} came out of the bundle changed")
        os.replace(temporary, path)


def bundle_bytes(sources: Sequence[SourceFile], base: Bundle | None = None) -> bytes:
    """Returns a bundle with the given files, after those of another one.

    Args:
        sources: the files to append.
        base: the bundle that comes first; `None` for a new one.

    Raises:
        BundleError: when the other bundle is damaged.
        ValueError: when a name comes twice, or the bundle grows too large.
    """
    names = [source.file for source in sources]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"Expected each file once. Received: {name} twice")
    body = layout.pack_header() if base is None else base.body()
    rows = [] if base is None else list(base.rows)
    encoder = Encoder(base)
    for source in sources:
        added, row = encoder.encode(source, len(body))
        body += added
        rows.append(row)
    content = body + layout.pack_end(len(body), rows)
    if len(rows) > layout.MAX_RECORDS or len(content) > layout.MAX_BUNDLE_BYTES:
        raise ValueError(
            f"Expected at most {layout.MAX_RECORDS} files and "
            f"{layout.MAX_BUNDLE_BYTES} bytes. Received: {len(rows)} files, "
            f"{len(content)} bytes"
        )
    return content
