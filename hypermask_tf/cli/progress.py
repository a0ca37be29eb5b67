"""Progress of a run on the terminal."""

from collections.abc import Mapping
from typing import Any

import keras
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from hypermask_tf.scenarios import Scenario
from hypermask_tf.training.accuracy_matrix import AccuracyMatrix
from hypermask_tf.training.measure import ACCURACY, Measure, of_results


class TaskProgress(keras.callbacks.Callback):
    """A progress bar for the steps of one task.

    Args:
        progress: The display of the run.
        title: What stands before the bar.
        total: Steps in all.
    """

    def __init__(self, progress: Progress, title: str, total: int) -> None:
        super().__init__()
        self._progress, self._total = progress, total
        self._bar = progress.add_task(title, total=total, figures="")

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        # Not 0 in the first epoch of a run that goes on.
        self._progress.update(self._bar, completed=epoch * self._steps)

    @property
    def _steps(self) -> int:
        return int(self.params.get("steps") or 0)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        logs = logs or {}
        figures = f"loss {logs.get('task_loss', 0):.4f}"
        if "accuracy" in logs:
            figures += f"  accuracy {100 * logs['accuracy']:.2f} %"
        self._progress.update(
            self._bar, completed=(epoch + 1) * self._steps, figures=figures
        )

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        if not self.model.stop_training:
            self._progress.update(self._bar, completed=self._total)


def make_progress(console: Console) -> Progress:
    """An empty display with a bar, steps, time left and figures."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[figures]}"),
        console=console,
        disable=not console.is_terminal,
    )


def accuracy_table(matrix: AccuracyMatrix, measured_on: str = "test") -> Table:
    """The accuracy matrix in percent, with a summary below."""
    table = Table(
        title=f"{measured_on.capitalize()} accuracy in %, task identity known: after "
        "learning a task (rows), on each task (columns)",
        caption=summary(matrix),
    )
    table.add_column("after")
    for task in range(matrix.num_tasks):
        table.add_column(f"task {task}", justify="right")
    for after, row in enumerate(matrix.matrix):
        cells = [
            "" if value != value else f"{100 * value:.2f}"  # NaN: not measured
            for value in row
        ]
        styles = [
            cell if j <= after else f"[dim]{cell}" for j, cell in enumerate(cells)
        ]
        table.add_row(f"task {after}", *styles)
    return table


def task_table(scenario: Scenario, results: Mapping[str, Any]) -> Table:
    """A line a task, by its name: what was measured after the latest one.

    Args:
        scenario: The tasks.
        results: What `results.json` holds.
    """
    measure = of_results(results)
    percent = ", in %" if measure is ACCURACY else ""
    table = Table(title=f"After the last task, {results['measured_on']} data{percent}")
    table.add_column("task")
    for name in _columns(measure):
        table.add_column(name, justify="right")
    beside = [results[name] for name in measure.beside]
    rows = zip(
        scenario,
        results[f"{measure.name}_matrix"][len(beside[0]) - 1],
        *beside,
        strict=False,
    )
    for task, *figures in rows:
        cells = ("" if f is None else measure.shown(f) for f in figures)
        counted = [str(task.num_classes)] if measure is ACCURACY else []
        table.add_row(escape(task.name), *counted, *cells)
    return table


def _columns(measure: Measure) -> tuple[str, ...]:
    if measure is ACCURACY:
        return ("classes", "accuracy", "balanced accuracy", "macro F1")
    return ("MAE", "R²", "MAE of the training mean")


def summary(matrix: AccuracyMatrix) -> str:
    """ACC, BWT, FWT and forgetting in one line, in points or the data's unit."""
    measure = matrix.measure
    named = (
        (f"average {measure.title}", matrix.average_accuracy),
        ("backward transfer", matrix.backward_transfer),
        ("forward transfer", matrix.forward_transfer),
        ("forgetting", matrix.forgetting),
    )
    return ", ".join(f"{n} {measure.shown(v)}" for n, v in named if v is not None)
