"""What each subcommand of `export/bundle.py` does."""

import argparse
import json
from pathlib import Path
from typing import Any

from hypermask_tf.export.bundle_reader import Bundle, apply_update
from hypermask_tf.export.bundle_reader.files import refuse_existing, write_file
from hypermask_tf.export.bundle_reader.frames import pack_frame
from hypermask_tf.export.bundle_reader.member import json_name
from hypermask_tf.export.bundling.sources import SourceFile, read_sources
from hypermask_tf.export.bundling.writer import make_bundle, make_update


def create(options: argparse.Namespace) -> None:
    """Packs the files of runs into a new bundle."""
    refuse_existing(options.bundle, options.overwrite)
    bundle, files = make_bundle(_sources(options.input, options))
    write_file(options.bundle, bundle.content)
    _show(options.bundle, bundle, files)


def add(options: argparse.Namespace) -> None:
    """Appends files to a bundle."""
    sources = _sources(options.input, options)
    bundle, added = make_bundle(sources, Bundle.open(options.bundle))
    if added:
        write_file(options.bundle, bundle.content)
    for source in sources:
        if source.file not in added:
            print(f"{source.file} was in {options.bundle} already")
    _show(options.bundle, bundle, added)


def list_files(options: argparse.Namespace) -> None:
    """Prints what a bundle says of itself."""
    bundle = Bundle.open(options.bundle)
    if options.json:
        print(json.dumps([_described(bundle, file) for file in bundle.files], indent=2))
    else:
        _show(options.bundle, bundle, bundle.files)


def sizes(options: argparse.Namespace) -> None:
    """Prints what the files would cost in other layouts."""
    bundle = Bundle.open(options.bundle)
    members = bundle.members[::2] + bundle.members[1::2]
    contents = [bundle.read(member.name) for member in members]
    raw = sum(len(content) for content in contents)
    for layout, size in (
        (f"{len(bundle.files)} files and their JSON", raw),
        ("each compressed by itself", sum(len(pack_frame(c)) for c in contents)),
        ("all in one zstd stream", len(pack_frame(b"".join(contents)))),
        ("bundle", len(bundle.content)),
    ):
        print(f"{layout:28} {size:>12,} bytes {100 * size / max(1, raw):6.1f} %")


def verify(options: argparse.Namespace) -> None:
    """Restores every file in memory."""
    bundle = Bundle.open(options.bundle)
    bundle.verify()
    print(f"{options.bundle}: {len(bundle.files)} files, all as they were put in")


def extract(options: argparse.Namespace) -> None:
    """Writes files of a bundle, and the JSON of each, into a folder."""
    bundle = Bundle.open(options.bundle)
    written = bundle.extract(options.output, options.file, options.overwrite)
    print(f"{len(written)} files in {options.output}, each with its SHA-256")


def diff(options: argparse.Namespace) -> None:
    """Writes the update from one bundle or run to another."""
    refuse_existing(options.output, options.overwrite)
    base, target = (
        Bundle.open(path)
        if path.is_file()
        else make_bundle(_sources([path], options))[0]
        for path in (options.old, options.new)
    )
    update = make_update(base, target)
    write_file(options.output, update)
    print(
        f"{options.output}: {len(update):,} bytes; the newer bundle has "
        f"{len(target.content):,}"
    )


def apply(options: argparse.Namespace) -> None:
    """Brings a bundle up to date."""
    output = options.output or options.bundle
    refuse_existing(output, options.overwrite or output == options.bundle)
    apply_update(options.bundle, options.update, output)
    bundle = Bundle.open(output)
    _show(output, bundle, bundle.files)


def _sources(inputs: list[Path], options: argparse.Namespace) -> list[SourceFile]:
    return read_sources(inputs, options.pattern, options.smallest)


def _described(bundle: Bundle, file: str) -> dict[str, Any]:
    member, beside = bundle.member(file), bundle.member(json_name(file))
    return {
        "file": file,
        "size": member.size,
        "sha256": member.sha256,
        "stored": len(member.frame) + len(beside.frame),
        "sidecar": bundle.sidecar(file),
    }


def _show(path: Path, bundle: Bundle, files: list[str]) -> None:
    for file in files:
        known = _described(bundle, file)
        size, stored = known["size"], known["stored"]
        labels = _labels(known["sidecar"])
        print(f"{file:32} {size:>11,} bytes, {stored:>11,} stored  {labels:.40}")
    total = sum(bundle.member(file).size for file in bundle.files)
    print(
        f"{path}: {len(bundle.content):,} bytes for {len(bundle.files)} files of "
        f"{total:,}"
    )


def _labels(sidecar: dict[str, Any]) -> str:
    labels = sidecar.get("labels")
    entries = labels if isinstance(labels, list) else []
    return ", ".join(str(e.get("name")) for e in entries if isinstance(e, dict))
