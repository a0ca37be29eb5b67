"""Gives up a task that is being added to a run: the run is as it was before.

    hypermask undo --run_dir=runs/watch

For what `hypermask add` or `update` began and did not end: it was stopped, or its file
was not good enough. `hypermask forget` removes a task that is there.
"""

from collections.abc import Sequence

from absl import flags
from rich.console import Console

from hypermask_tf.cli import paths
from hypermask_tf.cli.remade import show_remade
from hypermask_tf.export.one_file.names import one_file_kinds
from hypermask_tf.export.one_file.settle import remake
from hypermask_tf.product import operations
from hypermask_tf.training import RunFolder


def define_flags() -> None:
    """Defines the flags; other commands use the same names in one process of tests."""
    paths.define_run("Folder of the run.")


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    run, console = RunFolder.open(flags.FLAGS.run_dir), Console()
    kinds = one_file_kinds(run.export_dir)
    names = operations.undo(run)
    console.print(f"Given up: {', '.join(names)}.", markup=False)
    show_remade(remake(run.export_dir, kinds), console)
    return 0
