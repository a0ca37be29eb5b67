"""Paths on command lines: `~` is the home folder, as in a shell.

A shell itself leaves `--run_dir=~/x` as it is.
"""

import os
import pathlib
from typing import Any

from absl import flags

# The module that calls these functions defines the flag, not this one.
flags.disclaim_key_flags()


def expanded(path: str) -> str:
    """Returns a path with the home folder for a leading `~`, and no other change.

    Example:

    >>> expanded("runs/~x")
    'runs/~x'
    """
    return os.path.expanduser(path)


def path_argument(text: str) -> pathlib.Path:
    """Returns a path as `argparse` takes it."""
    return pathlib.Path(expanded(text))


class PathParser(flags.ArgumentParser):
    """Reads the value of a flag that is a path."""

    syntactic_help = "a path"

    def parse(self, argument: str) -> str:
        """Returns the path."""
        return expanded(argument)

    def flag_type(self) -> str:
        """Returns what `--help` calls it."""
        return "path"


class PathsParser(flags.ListParser):
    """Reads the value of a flag that is a list of paths, or of patterns of them."""

    def parse(self, argument: Any) -> list[str]:
        """Returns the paths."""
        return [expanded(path) for path in super().parse(argument)]

    def flag_type(self) -> str:
        """Returns what `--help` calls it."""
        return "comma separated list of paths"


def define_run(help: str, kind: str = "a trained run") -> None:
    """Defines the flags of a command on one run: its folder, and where its data lie.

    Args:
        help: What the folder is, for `--help`.
        kind: The same, for whoever leaves it out.
    """
    define_path("run_dir", None, help)
    flags.register_validator(
        "run_dir", bool, message=f"Pass the folder of {kind}: --run_dir=runs/x"
    )
    define_path(
        "data_dir",
        None,
        "Where the data sets lie; by default where the run found them.",
    )


def define_path(name: str, default: str | None, help: str) -> flags.FlagHolder[Any]:
    """Defines a flag whose value is a path."""
    return flags.DEFINE(
        PathParser(), name, default, help, serializer=flags.ArgumentSerializer()
    )


def define_paths(name: str, default: list[str], help: str) -> flags.FlagHolder[Any]:
    """Defines a flag whose value is a list of paths, or of patterns of them."""
    return flags.DEFINE(
        PathsParser(), name, default, help, serializer=flags.CsvListSerializer(",")
    )
