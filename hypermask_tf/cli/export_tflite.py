"""Exports the tasks of a run as verified `.tflite` files.

    python export/export_tflite.py --run_dir=runs/x --quantization=all --baseline

Writes `export/task_00.tflite` (float32), `export/task_00.dynamic_int8.tflite` and so
on, a JSON of the same stem beside each, `export/report.json` and a plot of size
against accuracy. Of a run of sounds, `export/log_mel.tflite` makes of a wave what the
other files take. With `--one_file`, `export/all_tasks.tflite` holds all tasks, a
signature each, with the outputs of the separate files to the bit. Every file holds
builtin ops only, holds its accuracy on the validation data of its task, and has been
run in LiteRT, at batch 1 on one thread, over the whole test set. A recipe that loses
too much for a task is replaced by the next safer one, which is said on standard error.
If no recipe is good, none fits the budget, or the one file cannot be made, the exit
status is 1; a mistake in the call gives one line on standard error and exit status 2.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from absl import flags
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from hypermask_tf.cli import command
from hypermask_tf.cli import export_flags as f
from hypermask_tf.export.export_options import ExportOptions
from hypermask_tf.export.exporter import export_run
from hypermask_tf.export.one_file.table import one_file_table
from hypermask_tf.export.quiet import quiet_stderr
from hypermask_tf.export.report import ExportReport
from hypermask_tf.export.report_markdown import drift_table, summary_table
from hypermask_tf.export.report_plot import plot_sizes
from hypermask_tf.export.report_table import report_table
from hypermask_tf.export.variant import VariantOptions

# So that --help lists them.
flags.adopt_module_key_flags(f)


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    console = Console()
    report = _export(console)
    _show(report, console)
    for rejection in report.rejected:
        if rejection.replaced_by:
            print(f"export_tflite: {rejection}", file=sys.stderr)
    for line in report.removed:
        command.warning(line)
    for failure in report.failed:
        print(f"export_tflite: {failure}", file=sys.stderr)
    return 0 if report.passed else command.FAILED


def _show(report: ExportReport, console: Console) -> None:
    written = [entry for entry in report.files if entry["file"] in report.written]
    if f.MARKDOWN.value:
        print(summary_table(report.to_json() | {"files": written}))
        if report.drift:
            print("\n" + drift_table(report.to_json()))
        return
    if written:
        console.print(report_table(written))
    if report.front_end is not None:
        console.print(_front_end(report.front_end))
    if report.baseline is not None:
        dense = report.baseline
        time = dense["latency"]
        speed = "" if time is None else f", {time['median_us']:.1f} µs"
        console.print(
            f"Dense float32: {dense['bytes'] / 1000:.1f} kB, "
            f"{dense['zstd_bytes'] / 1000:.1f} kB sent{speed}"
        )
    for entry in report.drift:
        console.print(str(entry))
    for description in report.one_files:
        console.print(one_file_table(description))


def _front_end(entry: dict[str, Any]) -> str:
    time = entry["latency"]
    speed = "" if time is None else f", {time['median_us']:.1f} µs"
    return (
        f"{entry['file']}, from {entry['input']['shape'][1]} samples of sound to what "
        f"all of them take: {entry['bytes'] / 1000:.1f} kB, "
        f"{entry['zstd_bytes'] / 1000:.1f} kB sent{speed}"
    )


def _export(console: Console) -> ExportReport:
    run_dir = Path(f.RUN_DIR.value or "")
    if not run_dir.is_dir():
        raise FileNotFoundError(
            f"Expected the folder of a run. Received: --run_dir={run_dir}, which is "
            "not a folder"
        )
    options = _options()
    with quiet_stderr():
        import tensorflow as tf

        from hypermask_tf.training import RunFolder

        tf.constant(0)  # the first tensor prints the last of the start-up notices
    run = RunFolder.open(run_dir)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        bar = progress.add_task("starting", total=None)
        report = export_run(
            run,
            options,
            lambda text, done, total: progress.update(
                bar, description=text, completed=done, total=total
            ),
        )
    if report.files:
        plot_sizes(report.files, report.baseline, Path(run.export_dir))
    return report


def _options() -> ExportOptions:
    budget = f.BUDGET_KB.value
    return ExportOptions(
        tasks=None if f.TASKS.value is None else tuple(int(t) for t in f.TASKS.value),
        quantizations=f.quantizations(),
        overwrite=f.OVERWRITE.value,
        data_dir=f.DATA_DIR.value,
        compact=f.COMPACT.value,
        variant=VariantOptions(
            max_accuracy_drop=f.MAX_ACCURACY_DROP.value / 100,
            max_mae_rise=f.MAX_MAE_RISE.value / 100,
            integer_io=f.INTEGER_IO.value,
            sparse=f.SPARSE.value,
        ),
        budget_bytes=None if budget is None else int(1000 * budget),
        baseline=f.BASELINE.value,
        latency=f.LATENCY.value,
        drift_against=f.DRIFT_AGAINST.value,
        workers=f.WORKERS.value,
        one_file=f.ONE_FILE.value,
    )


# `--help` lists the flags of this module only.
flags.adopt_module_key_flags(f)
flags.adopt_module_key_flags(command)
