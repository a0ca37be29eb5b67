"""Prints what is in a run: tasks, versions, accuracies, files, and the room left.

hypermask status --run_dir=runs/watch
"""

from collections.abc import Mapping, Sequence
from typing import Any

from absl import flags
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hypermask_tf.cli import paths
from hypermask_tf.export.report import read_good_files
from hypermask_tf.export.selection import by_task, smallest
from hypermask_tf.product import Journal, ledger
from hypermask_tf.training import RunFolder


def define_flags() -> None:
    """Defines the flags; other commands use the same names in one process of tests."""
    paths.define_run("Folder of the run.")


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    run = RunFolder.open(flags.FLAGS.run_dir)
    manifest, console = run.manifest(), Console()
    pending = Journal(run).read()
    model = run.load_model()
    files = by_task(read_good_files(run.export_dir))
    console.print(_table(manifest, run.results(), files, model.num_learned_tasks))
    if model.protection.tracks_use:
        console.print(str(model.capacity()), markup=False)
    if pending is not None:
        what = ", ".join(pending.get("names", [])) or pending["action"]
        console.print(f"Not finished: {what}.", markup=False)
    return 0


def _table(
    manifest: ledger.Manifest,
    results: Mapping[str, Any],
    files: Mapping[int, Any],
    learned: int,
) -> Table:
    table = Table(box=SIMPLE_HEAD, title="Tasks, in the order of learning")
    for name in ("index", "task", "version", "classes"):
        table.add_column(name, justify="left" if name == "task" else "right")
    for name in ("accuracy %", "smallest file", "bytes"):
        table.add_column(name, justify="right")
    for entry in ledger.entries(manifest):
        index = entry["index"]
        if entry.get("forgotten"):
            table.add_row(str(index), "[dim]forgotten", *[""] * 5)
            continue
        family = ledger.family(entry)
        used = entry["name"] == family
        count = len(ledger.versions(manifest, family))
        version = f"{ledger.version(entry)}{' in use' if used and count > 1 else ''}"
        figures = _figures(results, index) if index < learned else "being learned"
        row = [str(index), escape(entry["name"]), version, str(len(entry["classes"]))]
        table.add_row(*row, figures, *_file(files.get(index)))
    return table


def _figures(results: Mapping[str, Any], index: int) -> str:
    """Accuracy of a task after the last one that was learned."""
    rows = [row[index] for row in results["accuracy_matrix"] if index < len(row)]
    known = [value for value in rows if value is not None]
    return f"{100 * known[-1]:.2f}" if known else ""


def _file(entries: Any) -> tuple[str, str]:
    if not entries:
        return "not exported", ""
    entry = smallest(entries)
    return entry["file"], f"{entry['bytes']:,}"
