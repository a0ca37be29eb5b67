"""Puts another version of a task into use.

    hypermask rollback --run_dir=runs/watch --task=ann
    hypermask rollback --run_dir=runs/watch --task=ann --version=2

By default the one before that in use. No network and no file changes: the version in
use has the task's name, the others have their number behind it.
"""

from collections.abc import Sequence

from absl import flags
from rich.console import Console

from hypermask_tf.cli import paths
from hypermask_tf.product import ledger, operations
from hypermask_tf.training import RunFolder


def define_flags() -> None:
    """Defines the flags; other commands use the same names in one process of tests."""
    paths.define_run("Folder of the run.")
    flags.DEFINE_string("task", None, "Name of the task.")
    flags.register_validator("task", bool, message="Pass the task: --task=NAME")
    flags.DEFINE_integer("version", None, "Which version; by default the one before.")


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    values = flags.FLAGS
    run = RunFolder.open(values.run_dir)
    entry = operations.make_current(run, values.task, values.version)
    Console().print(
        f"In use: version {ledger.version(entry)} of {entry['name']}, which is task "
        f"{entry['index']} (export/task_{entry['index']:02d}.*).",
        markup=False,
    )
    return 0
