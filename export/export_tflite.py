"""Exports the tasks of a run as verified `.tflite` files.

    python export/export_tflite.py --run_dir=runs/x --quantization=all

Writes `export/task_00.tflite` (float32), `export/task_00.dynamic_int8.tflite`, a JSON
of the same stem beside each, and `export/report.json`. Every file holds builtin ops
only and has been run in LiteRT, at batch 1 on one thread, over the whole test set of
its task. A file that is outside tolerance is removed and the exit status is 1; a
mistake in the call gives one line on standard error and exit status 2.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from absl import flags
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

if __package__ in (None, ""):  # started as a file from a plain checkout
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from export import command
from export.convert import FLOAT32, QUANTIZATIONS
from export.exporter import ExportOptions, export_run
from export.quiet import quiet_stderr
from export.report import ExportReport, report_table

_RUN_DIR = flags.DEFINE_string("run_dir", None, "Folder of the run to export.")
_QUANTIZATION = flags.DEFINE_enum(
    "quantization",
    FLOAT32,
    [*QUANTIZATIONS, "all"],
    "How weights are stored: float32, dynamic_int8 (int8 weights, float32 "
    "activations), or all: one file each.",
)
_TASKS = flags.DEFINE_list(
    "tasks", None, "Numbers of the tasks to export, from 0; all learned by default."
)
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace files exported earlier.")
_MAX_ACCURACY_DROP = flags.DEFINE_float(
    "max_accuracy_drop",
    0.002,
    "How much test accuracy a file may lose against Keras, as a fraction.",
    lower_bound=0.0,
    upper_bound=1.0,
)
_COMPACT = flags.DEFINE_bool(
    "compact",
    True,
    "Remove what a task's mask switches off, and all that dies with it, so that the "
    "file is physically small. Without it, they stay in the file as zeros.",
)
_DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Where the data sets lie; by default where the run found them."
)
flags.register_validator(
    "run_dir", bool, message="Pass the folder of a trained run: --run_dir=runs/x"
)
flags.register_validator(
    "tasks",
    lambda tasks: tasks is None or (tasks and all(t.strip().isdigit() for t in tasks)),
    message="Expected task numbers such as --tasks=0,3",
)


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    backend = os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    if backend != "tensorflow":
        raise ValueError(
            "export needs Keras' TensorFlow backend. Received: "
            f"KERAS_BACKEND={backend}. Unset it, or set KERAS_BACKEND=tensorflow"
        )
    console = Console()
    report = _export(console)
    written = [entry for entry in report.files if entry["file"] in report.written]
    if written:
        console.print(report_table(written))
    for failure in report.failed:
        print(f"export_tflite: {failure}", file=sys.stderr)
    return 0 if report.passed else command.FAILED


def _export(console: Console) -> ExportReport:
    run_dir = Path(_RUN_DIR.value or "")
    if not run_dir.is_dir():
        raise FileNotFoundError(
            f"Expected the folder of a run. Received: --run_dir={run_dir}, which is "
            "not a folder"
        )
    kinds = QUANTIZATIONS if _QUANTIZATION.value == "all" else (_QUANTIZATION.value,)
    options = ExportOptions(
        tasks=None if _TASKS.value is None else tuple(int(t) for t in _TASKS.value),
        quantizations=tuple(kinds),
        overwrite=_OVERWRITE.value,
        max_accuracy_drop=_MAX_ACCURACY_DROP.value,
        data_dir=_DATA_DIR.value,
        compact=_COMPACT.value,
    )
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
        return export_run(
            run,
            options,
            lambda text, done, total: progress.update(
                bar, description=text, completed=done, total=total
            ),
        )


if __name__ == "__main__":
    # The files are for one CPU thread, and so is the model they are held against.
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    command.run(main)
