"""Packs exported tasks into one small file, and updates it over the air.

    python export/bundle.py create edge.hmb runs/x --pattern='*.dynamic_int8.tflite'
    python export/bundle.py add edge.hmb runs/x/export/task_05.dynamic_int8.tflite
    python export/bundle.py list edge.hmb
    python export/bundle.py extract edge.hmb --output=models
    python export/bundle.py diff edge.hmb newer.hmb --output=edge.hmu
    python export/bundle.py apply edge.hmb edge.hmu

Every `.tflite` file comes out byte for byte as it went in, with the JSON beside it.
docs/bundle.md describes the format. Exit statuses: 0 when all was done, 1 when a
bundle or an update is damaged, foreign or newer, 2 on a mistake in the call.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from hypermask_tf.cli import command, paths
from hypermask_tf.export import mistakes
from hypermask_tf.export.bundle_reader import BundleError
from hypermask_tf.export.bundling import commands


class _Parser(argparse.ArgumentParser):
    """Reads paths and tells a mistake in one line, as the other commands do."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.register("type", Path, paths.path_argument)

    def error(self, message: str) -> NoReturn:
        sys.exit(command.mistake(f"{message}. See bundle.py --help"))


def parser() -> argparse.ArgumentParser:
    """Returns the parser of the command line."""
    main = _Parser("bundle.py", description=__doc__.splitlines()[0] if __doc__ else "")
    main.add_argument(
        "--debug", action="store_true", help="show the traceback of an error"
    )
    commands_ = main.add_subparsers(required=True, metavar="COMMAND")

    def subcommand(name: str, run: object, text: str) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = commands_.add_parser(
            name, help=text, description=text
        )
        added.set_defaults(run=run)
        return added

    create = subcommand("create", commands.create, "pack exported files")
    _add_bundle(create)
    _add_inputs(create)
    _add_overwrite(create)
    add = subcommand(
        "add", commands.add, "append further files; what is there stays as it is"
    )
    _add_bundle(add)
    _add_inputs(add)
    show = subcommand("list", commands.list_files, "what is in a bundle")
    _add_bundle(show)
    show.add_argument("--json", action="store_true", help="everything, as JSON")
    _add_bundle(
        subcommand("sizes", commands.sizes, "its size beside that of simpler layouts")
    )
    _add_bundle(
        subcommand("verify", commands.verify, "restore every file, and check it")
    )
    extract = subcommand("extract", commands.extract, "restore files and their JSON")
    _add_bundle(extract)
    extract.add_argument("--output", type=Path, required=True, help="folder for them")
    extract.add_argument(
        "--file", action="append", help="only this one; may be given several times"
    )
    _add_overwrite(extract)
    diff = subcommand("diff", commands.diff, "make an over-the-air update")
    diff.add_argument("old", type=Path, help="bundle on the devices, or its run")
    diff.add_argument("new", type=Path, help="bundle they shall have, or its run")
    diff.add_argument("--output", type=Path, required=True, help="the update")
    _add_choice(diff)
    _add_overwrite(diff)
    apply = subcommand("apply", commands.apply, "bring a bundle up to date")
    _add_bundle(apply)
    apply.add_argument("update", type=Path, help="made by diff for just this bundle")
    apply.add_argument(
        "--output", type=Path, help="the newer bundle; by default BUNDLE is replaced"
    )
    _add_overwrite(apply)
    return main


def run(arguments: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    options = parser().parse_args(arguments)
    try:
        options.run(options)
    except Exception as error:
        if options.debug or not mistakes.is_users(error):
            raise
        status = command.mistake(str(error))
        return command.FAILED if isinstance(error, BundleError) else status
    return 0


def _add_bundle(to: argparse.ArgumentParser) -> None:
    to.add_argument("bundle", type=Path, help="the bundle, such as edge.hmb")


def _add_inputs(to: argparse.ArgumentParser) -> None:
    to.add_argument(
        "input",
        nargs="+",
        type=Path,
        help="a run, its export folder, or a .tflite file with its JSON beside it",
    )
    _add_choice(to)


def _add_choice(to: argparse.ArgumentParser) -> None:
    to.add_argument(
        "--pattern", default="*.tflite", help="which files of a folder (default: all)"
    )
    to.add_argument(
        "--smallest", action="store_true", help="only the smallest file of each task"
    )


def _add_overwrite(to: argparse.ArgumentParser) -> None:
    to.add_argument("--overwrite", action="store_true", help="replace what exists")
