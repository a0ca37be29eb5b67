"""Packs exported tasks into one small file, and updates it over the air.

    python export/bundle.py create edge.hmb runs/x --pattern='*.dynamic_int8.tflite'
    python export/bundle.py add edge.hmb runs/x/export/task_05.dynamic_int8.tflite
    python export/bundle.py list edge.hmb
    python export/bundle.py extract edge.hmb --output=models
    python export/bundle.py diff edge.hmb newer.hmb --output=edge.hmu
    python export/bundle.py apply edge.hmb edge.hmu

Every `.tflite` file comes out byte for byte as it went in, with the JSON beside it.
docs/bundle.md describes the format. Exit statuses: 0 when all was done, 1 when a
bundle or an update is damaged, foreign or of another version, 2 on a mistake in the
call.
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

_COMMANDS = {
    "create": (commands.create, "pack exported files"),
    "add": (commands.add, "append further files; what is there stays as it is"),
    "list": (commands.list_files, "what is in a bundle"),
    "sizes": (commands.sizes, "its size beside that of simpler layouts"),
    "verify": (commands.verify, "restore every file, and check it"),
    "extract": (commands.extract, "restore files and their JSON"),
    "diff": (commands.diff, "make an over-the-air update"),
    "apply": (commands.apply, "bring a bundle up to date"),
}


class _Parser(argparse.ArgumentParser):
    """Reads paths and tells a mistake in one line, as the other commands do."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.register("type", Path, paths.path_argument)

    def error(self, message: str) -> NoReturn:
        sys.exit(command.mistake(f"{message}. See {self.prog} --help"))


def parser() -> argparse.ArgumentParser:
    """Returns the parser of the command line."""
    main = _Parser(description=__doc__.splitlines()[0] if __doc__ else "")
    main.add_argument("--debug", action="store_true", help="show an error's traceback")
    choices = main.add_subparsers(required=True, metavar="COMMAND")
    of = {}
    for name, (run, text) in _COMMANDS.items():
        of[name] = choices.add_parser(name, help=text, description=text)
        of[name].set_defaults(run=run)

    def argument(names: str, *flags: str, **kwargs: Any) -> None:
        for name in names.split():
            of[name].add_argument(*flags, **kwargs)

    def switch(names: str, flag: str, text: str) -> None:
        argument(names, flag, action="store_true", help=text)

    every = "create add list sizes verify extract apply"
    argument(every, "bundle", type=Path, help="the bundle, such as edge.hmb")
    inputs = "a run, its export folder, or a .tflite file with its JSON beside it"
    argument("create add", "input", nargs="+", type=Path, help=inputs)
    argument("apply", "update", type=Path, help="made by diff for just this bundle")
    argument("diff", "old", type=Path, help="bundle on the devices, or its run")
    argument("diff", "new", type=Path, help="bundle they shall have, or its run")
    argument("extract", "--output", type=Path, required=True, help="folder for them")
    argument("diff", "--output", type=Path, required=True, help="the update")
    newer = "the newer bundle; by default BUNDLE is replaced"
    argument("apply", "--output", type=Path, help=newer)
    only = "only this one; may be given several times"
    argument("extract", "--file", action="append", help=only)
    which = "which files of a folder (default: all)"
    argument("create add diff", "--pattern", default="*.tflite", help=which)
    switch("create add diff", "--smallest", "only the smallest file of each task")
    switch("create extract diff apply", "--overwrite", "replace what exists")
    switch("list", "--json", "everything, as JSON")
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
