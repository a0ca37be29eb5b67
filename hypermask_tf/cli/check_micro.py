"""Runs exported files in TensorFlow Lite Micro and compares them with LiteRT.

    pip install -r requirements-micro.txt
    python export/check_micro.py --run_dir=runs/x

Every file is run in both interpreters over its task's test set, and the front end of
sounds over their waves. Micro has no kernels
for int8 weights with float activations (dynamic_int8): for microcontrollers, export
with --quantization=int8. Exit status 1 when a file is refused, or differs.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from absl import flags
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from hypermask_tf.cli import command, paths
from hypermask_tf.export import mistakes
from hypermask_tf.export.front_end.check import compare_features
from hypermask_tf.export.front_end.front_end import raw_waves, read_front_end
from hypermask_tf.export.judge import MAX_RISE
from hypermask_tf.export.judges import mean_absolute_error
from hypermask_tf.export.micro.run import MicroRun, micro_runtime, run_micro
from hypermask_tf.export.outputs_verification import (
    OutputsVerification,
    compare_outputs,
)
from hypermask_tf.export.quiet import quiet_stderr
from hypermask_tf.export.report import read_good_files
from hypermask_tf.export.report_figures import (
    agreement,
    largest_difference,
    score,
)
from hypermask_tf.export.verify import Verification, compare_logits, run_tflite

if TYPE_CHECKING:
    from hypermask_tf.scenarios import Scenario
    from hypermask_tf.training import RunFolder

Check = Verification | OutputsVerification
# What Micro computes with as it is. It runs weight_int8 too, but unpacks the weights
# into its working memory first.
FIT_KINDS = ("float32", "int8")


def define_flags() -> None:
    """Defines the flags; other commands use the same names in one process of tests."""
    paths.define_run("Folder of the exported run.", "an exported run")
    flags.DEFINE_list(
        "quantization",
        None,
        f"Kinds of files to run; by default {' and '.join(FIT_KINDS)}, those that are "
        "there and hold their weights in full.",
    )
    flags.DEFINE_integer(
        "examples", 0, "How many test examples a file; 0 for all.", lower_bound=0
    )
    flags.DEFINE_float(
        "max_accuracy_drop",
        0.005,
        "How much accuracy a file may lose in Micro against LiteRT, as a fraction.",
        lower_bound=0.0,
        upper_bound=1.0,
    )


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    micro_runtime()  # before any work, if it is missing
    with quiet_stderr():
        from hypermask_tf.training import RunFolder
    run = RunFolder.open(Path(flags.FLAGS.run_dir or ""))
    entries = chosen(read_good_files(Path(run.export_dir)), flags.FLAGS.quantization)
    table = Table(
        title="TensorFlow Lite Micro against LiteRT, batch 1",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("file", no_wrap=True)
    for column in ("kB", "arena kB", "LiteRT%", "Micro%", "agree%", "Δlogit"):
        table.add_column(column, justify="right", no_wrap=True)
    with quiet_stderr():
        scenario = run.load_scenario(flags.FLAGS.data_dir)
    problems = []
    front_end = read_front_end(Path(run.export_dir))
    if front_end is not None:
        cells, failures = _front_end(run, scenario, front_end, entries)
        table.add_row(*cells)
        problems += failures
    for entry, result in _results(run, scenario, entries):
        if isinstance(result, str):
            problems.append(f"{entry['file']}: {result}")
            continue
        micro, check = result
        table.add_row(entry["file"], *_row(entry, micro, check))
        problems += [f"{entry['file']}: {text}" for text in check.failures]
    if table.row_count:
        Console().print(table)
    for problem in problems:
        print(f"check_micro: {problem}", file=sys.stderr)
    return command.FAILED if problems else 0


def chosen(
    entries: Sequence[dict[str, Any]], kinds: Sequence[str] | None
) -> list[dict[str, Any]]:
    """Returns the files of these kinds.

    Raises:
        FileNotFoundError: when there is none, or none of a kind that was named.
    """
    wanted = FIT_KINDS if kinds is None else kinds
    found = [
        entry
        for entry in entries
        if entry["quantization"] in wanted
        # Micro has no sparse encoding; see tflite-micro #491.
        and (kinds is not None or not entry.get("sparse"))
    ]
    missing = {*(kinds or ())} - {entry["quantization"] for entry in found}
    if missing or not found:
        there = sorted({entry["quantization"] for entry in entries})
        raise FileNotFoundError(
            f"Expected exported files of kind {', '.join(sorted(missing) or wanted)}. "
            f"Received: {', '.join(there) or 'no files'}. Export them first, with "
            "export/export_tflite.py"
        )
    return found


def _front_end(
    run: "RunFolder",
    scenario: "Scenario",
    front_end: dict[str, Any],
    entries: Sequence[dict[str, Any]],
) -> tuple[list[str], list[str]]:
    """A row of the table for the front end, and what is wrong with it."""
    path = Path(run.export_dir) / front_end["file"]
    known = sorted({entry["task"]["index"] for entry in entries})
    tasks = [scenario.tasks[index] for index in known]
    waves = np.concatenate(list(raw_waves(tasks).values()))
    waves = waves[: flags.FLAGS.examples or None]
    try:
        micro = run_micro(path.read_bytes(), waves)
    except ValueError as error:
        if mistakes.is_fault(error):
            raise
        return [path.name, *["–"] * 6], [f"{path.name}: {error}"]
    scale = tasks[0].preprocessing.get("scale", 1.0)
    check = compare_features({0: run_tflite(path, waves)}, {0: micro.outputs}, scale)
    sizes = [f"{n / 1000:.1f}" for n in (front_end["bytes"], micro.arena_bytes)]
    cells = [path.name, *sizes, *["–"] * 3, f"{check.max_difference:.0e}"]
    return cells, [f"{path.name}: {failure}" for failure in check.failures]


def _results(
    run: "RunFolder", scenario: "Scenario", entries: Sequence[dict[str, Any]]
) -> Iterator[tuple[dict[str, Any], str | tuple[MicroRun, Check]]]:
    for entry in entries:
        task = scenario.tasks[entry["task"]["index"]]
        x, y = task.test
        x, y = x[: flags.FLAGS.examples or None], y[: flags.FLAGS.examples or None]
        content = (Path(run.export_dir) / entry["file"]).read_bytes()
        try:
            micro = run_micro(content, x)
        except ValueError as error:
            if mistakes.is_fault(error):
                raise
            yield entry, str(error)
            continue
        kind, drop = entry["quantization"], flags.FLAGS.max_accuracy_drop
        said, found = run_tflite(content, x), micro.outputs
        check: Check
        if task.number is not None:
            judge = {entry["output"]["name"]: mean_absolute_error(MAX_RISE)}
            check = compare_outputs(said, found, y[:, None], judge, kind, True)
        else:
            check = compare_logits(said, found, y, kind, drop, len(entry["labels"]))
        yield entry, (micro, check)


def _row(entry: dict[str, Any], micro: MicroRun, check: Check) -> list[str]:
    figures = [check.to_json()]
    return [
        f"{entry['bytes'] / 1000:.1f}",
        f"{micro.arena_bytes / 1000:.1f}",
        score(figures, "keras"),
        score(figures, "tflite"),
        agreement(figures),
        f"{largest_difference(figures):.0e}",
    ]
