"""What happens to accuracy while a shared network fills up."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hypermask_tf.plots import style as plot_style
from hypermask_tf.training.measure import ACCURACY, Measure

_RIGHT_AFTER, _AT_THE_END, _USED = "#2b7a9b", "#d1495b", "#8a9aa8"


def plot_capacity(
    right_after: Sequence[float],
    at_the_end: Sequence[float],
    used: Sequence[float],
    path: str | os.PathLike[str],
    *,
    free_units: Sequence[float] | None = None,
    title: str = "Accuracy and capacity along the stream of tasks",
    measured_on: str = "test",
    measure: Measure = ACCURACY,
) -> Path:
    """Draws accuracy by task above the share of the network that is taken.

    Args:
        right_after: Accuracy on each task right after learning it, 0 to 1.
        at_the_end: Accuracy on each task after the last one.
        used: Share of the shared weights in use after each task, 0 to 1.
        path: The file to write; its ending names the format. It is replaced in one
            step.
        free_units: Share of the units that no task uses after each task.
        title: First line above the picture.
        measured_on: What the accuracies are measured on, for the label.
        measure: What they are, if not accuracies.

    Returns:
        The path written.

    Raises:
        ImportError: If matplotlib is not installed.
        ValueError: If the lists are not of one length.
    """
    rows = [right_after, at_the_end, used, free_units or used]
    if len({len(row) for row in rows}) != 1:
        raise ValueError(
            "Expected one value per task in every list. Received: lists of "
            f"{[len(row) for row in rows]} values"
        )
    matplotlib = plot_style.matplotlib_or_hint()
    with matplotlib.rc_context(plot_style.STYLE):
        figure = matplotlib.figure.Figure(figsize=(8, 5.6), dpi=150)
        above, below = figure.subplots(
            2, 1, sharex=True, gridspec_kw={"height_ratios": [3, 2], "hspace": 0.12}
        )
        tasks = np.arange(len(used))  # As files and the other plots count them.
        first, last = (
            measure.factor * np.asarray(v) for v in (right_after, at_the_end)
        )
        _line(above, tasks, first, _RIGHT_AFTER, "right after learning it")
        _line(above, tasks, last, _AT_THE_END, "after the last task", "--")
        unit = "," + measure.unit if measure.unit else ""
        above.set_ylabel(f"{measured_on} {measure.title}{unit}")
        below.fill_between(tasks, 100 * np.asarray(used), color=_USED, alpha=0.35)
        _line(below, tasks, 100 * np.asarray(used), _USED, "shared weights in use")
        if free_units is not None:
            free = 100 * np.asarray(free_units)
            _line(below, tasks, free, _RIGHT_AFTER, "units still free", ":")
        below.set_ylim(0, 103)
        below.set_ylabel("%")
        below.set_xlabel("task")
        below.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(integer=True))
        for axes in (above, below):
            axes.spines[["top", "right"]].set_visible(False)
            axes.grid(axis="y", color="#e4e8ec", linewidth=0.8)
            axes.legend(frameon=False, loc="best", fontsize=10)
        above.set_title(title, loc="left", fontsize=13, fontweight="bold", pad=12)
        return plot_style.save_figure(figure, path)


def _line(
    axes: object,
    tasks: np.ndarray,
    values: np.ndarray,
    colour: str,
    label: str,
    style: str = "-",
) -> None:
    axes.plot(  # type: ignore[attr-defined]
        tasks,
        values,
        style,
        color=colour,
        linewidth=1.8,
        marker="o",
        markersize=3.5,
        label=label,
    )
