"""Prints what is in a run: tasks, versions, accuracies, files, and the room left.

    hypermask status --run_dir=runs/watch

Of several versions, the one with the bare name is in use. `--json` prints the same for
programs, with the SHA-256 of every file.
"""

import json
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
from hypermask_tf.training.measure import ACCURACY, of_results


def define_flags() -> None:
    """Defines the flags; other commands use the same names in one process of tests."""
    paths.define_run("Folder of the run.")
    flags.DEFINE_bool("json", False, "Print tasks and files as JSON.")


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    run = RunFolder.open(flags.FLAGS.run_dir)
    manifest, console = run.manifest(), Console()
    pending = Journal(run).read()
    files = by_task(read_good_files(run.export_dir))
    if flags.FLAGS.json:
        print(json.dumps(_listed(manifest, run.results(), files), indent=2))
        return 0
    model = run.load_model()
    console.print(_table(manifest, run.results(), files, model.num_learned_tasks))
    if model.state.has_capacity:
        console.print(str(model.capacity()), markup=False)
    if pending is not None:
        what = ", ".join(pending.get("names", [])) or pending["action"]
        console.print(f"Not finished: {what}.", markup=False)
    return 0


def _listed(
    manifest: ledger.Manifest, results: Mapping[str, Any], files: Mapping[int, Any]
) -> list[dict[str, Any]]:
    """The tasks that are there, ready for JSON."""
    return [
        {
            "index": entry["index"],
            "task": ledger.family(entry),
            "version": ledger.version(entry),
            "in_use": entry["name"] == ledger.family(entry),
            "classes": entry["class_names"],
            of_results(results).name: _figure(results, entry["index"]),
            "files": {e["file"]: e["sha256"] for e in files.get(entry["index"], [])},
        }
        for entry in ledger.kept(manifest)
    ]


def _table(
    manifest: ledger.Manifest,
    results: Mapping[str, Any],
    files: Mapping[int, Any],
    learned: int,
) -> Table:
    title = "Tasks, in the order of learning"
    table = Table(box=SIMPLE_HEAD, title=title, pad_edge=False, collapse_padding=True)
    table.add_column("task", no_wrap=True)
    measure = of_results(results)
    classes = measure is ACCURACY
    measured = "test %" if classes else f"test {measure.title}"
    counted = "classes" if classes else "number"
    for name in ("index", "version", counted, measured, "smallest file", "bytes"):
        table.add_column(name, justify="right", no_wrap=True)
    for entry in ledger.entries(manifest):
        index = entry["index"]
        if entry.get("forgotten"):
            table.add_row("[dim]forgotten", str(index), *[""] * 5)
            continue
        found = _figure(results, index)
        figures = "" if found is None else measure.shown(found)
        if index >= learned:
            figures = "being learned"
        labels = str(len(entry["classes"])) if classes else entry["class_names"][0]
        known = (str(index), str(ledger.version(entry)), escape(labels))
        row = [escape(entry["name"]), *known, figures]
        table.add_row(*row, *_file(files.get(index)))
    return table


def _figure(results: Mapping[str, Any], index: int) -> float | None:
    """The measure of a task after the last one that was learned."""
    matrix = results[f"{of_results(results).name}_matrix"]
    rows = [row[index] for row in matrix if index < len(row)]
    known = [value for value in rows if value is not None]
    return known[-1] if known else None


def _file(entries: Any) -> tuple[str, str]:
    if not entries:
        return "not exported", ""
    entry = smallest(entries)
    return entry["file"], f"{entry['bytes']:,}"
