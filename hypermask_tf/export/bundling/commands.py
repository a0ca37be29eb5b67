"""What each subcommand of `export/bundle.py` does."""

import argparse
import json
import tempfile
from pathlib import Path

from rich.console import Console

from hypermask_tf.export.bundle_reader import Bundle, apply_update
from hypermask_tf.export.bundling.sizes import (
    cost_table,
    file_costs,
    layout_table,
    layouts,
)
from hypermask_tf.export.bundling.sources import SourceFile, read_sources
from hypermask_tf.export.bundling.updates import write_update
from hypermask_tf.export.bundling.writer import add_to_bundle, create_bundle


def create(options: argparse.Namespace) -> None:
    """Packs the files of runs into a new bundle."""
    create_bundle(options.bundle, _sources(options), options.overwrite)
    _show(options.bundle)


def add(options: argparse.Namespace) -> None:
    """Appends files to a bundle."""
    sources = _sources(options)
    added = add_to_bundle(options.bundle, sources)
    for source in sources:
        if source not in added:
            print(f"{source.file} was in {options.bundle} already")
    _show(options.bundle, [source.file for source in added])


def list_files(options: argparse.Namespace) -> None:
    """Prints what a bundle says of itself."""
    if not options.json:
        _show(options.bundle)
        return
    with Bundle(options.bundle) as bundle:
        print(json.dumps([record.to_json() for record in bundle.records], indent=2))


def sizes(options: argparse.Namespace) -> None:
    """Prints what the files would cost in other layouts."""
    with Bundle(options.bundle) as bundle:
        Console().print(layout_table(layouts(bundle), len(bundle.records)))


def verify(options: argparse.Namespace) -> None:
    """Restores every file in memory."""
    with Bundle(options.bundle) as bundle:
        bundle.verify()
        print(f"{options.bundle}: {len(bundle.records)} files, all as they were put in")


def extract(options: argparse.Namespace) -> None:
    """Writes files of a bundle, and the JSON of each, into a folder."""
    with Bundle(options.bundle) as bundle:
        written = bundle.extract(
            options.output, options.file or None, options.overwrite
        )
    print(f"{len(written)} files in {options.output}, each with its SHA-256")


def diff(options: argparse.Namespace) -> None:
    """Writes the update from one bundle or run to another."""
    with tempfile.TemporaryDirectory() as folder:
        base = _as_bundle(options.old, Path(folder, "old.hmb"), options)
        target = _as_bundle(options.new, Path(folder, "new.hmb"), options)
        size = write_update(options.output, base, target, options.overwrite)
        whole = target.stat().st_size
    print(f"{options.output}: {size:,} bytes; the newer bundle has {whole:,}")


def apply(options: argparse.Namespace) -> None:
    """Brings a bundle up to date."""
    output = options.output or options.bundle
    if output != options.bundle and output.exists() and not options.overwrite:
        raise FileExistsError(f"{output} exists. Pass --overwrite to replace it")
    apply_update(options.bundle, options.update, output)
    _show(output)


def _sources(options: argparse.Namespace) -> list[SourceFile]:
    return read_sources(options.input, options.pattern, options.smallest)


def _as_bundle(path: Path, temporary: Path, options: argparse.Namespace) -> Path:
    """Returns a bundle file; of a run, the one that `create` makes of it."""
    if path.is_file():
        return path
    create_bundle(temporary, read_sources([path], options.pattern, options.smallest))
    return temporary


def _show(path: Path, files: list[str] | None = None) -> None:
    with Bundle(path) as bundle:
        costs = file_costs(bundle)
    shown = [cost for cost in costs if files is None or cost.file in files]
    if shown:
        Console().print(cost_table(shown))
    total = sum(cost.bytes for cost in costs)
    print(f"{path}: {path.stat().st_size:,} bytes for {len(costs)} files of {total:,}")
