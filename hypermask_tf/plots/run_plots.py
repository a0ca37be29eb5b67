"""Pictures of a matrix of accuracies or errors."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hypermask_tf.plots.style import (
    INK,
    MUTED,
    STYLE,
    axis_limits,
    matplotlib_or_hint,
    save_figure,
    write_title,
)
from hypermask_tf.training.accuracy_matrix import AccuracyMatrix
from hypermask_tf.training.measure import ACCURACY, Measure


def plot_accuracy_matrix(
    matrix: AccuracyMatrix,
    path: str | os.PathLike[str],
    *,
    title: str = "Accuracy on each task",
    names: Sequence[str] | None = None,
) -> Path:
    """Draws the accuracies as a heat map with a number in every cell.

    The colour scale ends at 100 % and begins at the round number below the worst
    accuracy on a learned task, so that small losses are visible; the colour bar
    says where. Accuracies on tasks that were not learned yet are set in italics
    and may fall below the scale; cells that were not measured stay blank. Errors have
    a scale from 0 to the largest, on which dark is good, too.

    Args:
        matrix: What was measured.
        path: The file to write; its ending names the format. It is replaced in one
            step, so a reader never sees half a picture.
        title: First line above the picture.
        names: Names of the tasks; by default their numbers.

    Returns:
        The path written.

    Raises:
        ImportError: If matplotlib is not installed.

    Example:

    ```python
    plot_accuracy_matrix(accuracies, "plots/accuracy_matrix.png", title="Split MNIST")
    ```
    """
    matplotlib = matplotlib_or_hint()
    with matplotlib.rc_context(STYLE):
        size = 2.6 + 0.62 * max(matrix.num_tasks, 5)
        figure = matplotlib.figure.Figure(figsize=(size + 0.9, size), dpi=150)
        axes = figure.add_subplot()
        measure = matrix.measure
        shown = measure.factor * matrix.matrix
        limits = axis_limits(shown[np.tril_indices(matrix.num_tasks)], measure)
        name = "YlGnBu" if measure.higher_is_better else "YlGnBu_r"
        colours = matplotlib.colormaps[name].with_extremes(bad="white", under="#f1f3f5")
        image = axes.imshow(shown, cmap=colours, vmin=limits[0], vmax=limits[1])
        _write_cells(axes, shown, limits, measure)
        _finish_heat_map(axes, matrix.num_tasks, measure)
        if names is not None:
            axes.set_xticklabels(names, rotation=45, ha="right")
            axes.set_yticklabels(names)
        below = bool((shown < limits[0]).any())
        bar = figure.colorbar(
            image,
            ax=axes,
            shrink=0.8,
            pad=0.03,
            extend="min" if below else "neither",
            format=f"%g{measure.unit.replace('%', '%%')}",
            ticks=matplotlib.ticker.MaxNLocator(5),
        )
        bar.outline.set_visible(False)
        bar.ax.tick_params(length=0)
        write_title(axes, title, _summary(matrix))
        return save_figure(figure, path)


def plot_task_curves(
    matrix: AccuracyMatrix,
    path: str | os.PathLike[str],
    *,
    title: str = "Accuracy over time",
    names: Sequence[str] | None = None,
) -> Path:
    """Draws the accuracy on each task after each learning step.

    A task's line begins where the task was learned. The dashed line is the mean
    over the tasks learned so far.

    Args:
        matrix: What was measured.
        path: The file to write; its ending names the format. It is replaced in one
            step.
        title: First line above the picture.
        names: Names of the tasks; by default their numbers.

    Returns:
        The path written.

    Raises:
        ImportError: If matplotlib is not installed.

    Example:

    ```python
    plot_task_curves(accuracies, "plots/task_curves.png", title="Split MNIST")
    ```
    """
    matplotlib = matplotlib_or_hint()
    with matplotlib.rc_context(STYLE):
        figure = matplotlib.figure.Figure(figsize=(8.4, 4.8), dpi=150)
        axes = figure.add_subplot()
        shown = matrix.measure.factor * matrix.matrix
        colours = matplotlib.colormaps["viridis"]
        for task in range(matrix.num_tasks):
            axes.plot(
                np.arange(task, matrix.num_tasks),
                shown[task:, task],
                marker="o",
                markersize=5,
                linewidth=1.8,
                color=colours(0.92 * task / max(matrix.num_tasks - 1, 1)),
                label=f"task {task}" if names is None else names[task],
            )
        means = [np.mean(shown[i, : i + 1]) for i in range(matrix.num_tasks)]
        axes.plot(means, "--", color=INK, linewidth=1.6, label="mean", zorder=5)
        _finish_curves(axes, shown, matrix.num_tasks, matrix.measure)
        write_title(axes, title, _summary(matrix))
        return save_figure(figure, path)


def _write_cells(
    axes: Any, shown: Any, limits: tuple[float, float], measure: Measure
) -> None:
    count, (floor, top) = len(shown), limits
    if count > 25:  # Numbers would be too small to read.
        return
    digits = 2 if floor >= 95 and count <= 10 else 1
    for (after, task), value in np.ndenumerate(shown):
        if np.isnan(value):
            continue
        learned = task <= after
        share = (value - floor) / (top - floor)
        dark = (share if measure.higher_is_better else 1 - share) > 0.55
        axes.text(
            task,
            after,
            f"{value:.{digits}f}" if measure is ACCURACY else measure.shown(value),
            ha="center",
            va="center",
            size=11 if count <= 10 else 8,
            style="normal" if learned else "italic",
            color="white" if dark else MUTED if value < floor else INK,
        )


def _finish_heat_map(axes: Any, count: int, measure: Measure) -> None:
    # White lines between the cells, drawn on the minor ticks.
    axes.set_xticks(np.arange(count + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(count + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=2)
    axes.tick_params(which="both", length=0)
    axes.set_xticks(np.arange(count))
    axes.set_yticks(np.arange(count))
    axes.set_xlabel(f"{measure.title} on task", labelpad=8)
    axes.set_ylabel("after learning task", labelpad=8)
    axes.spines[:].set_visible(False)


def _finish_curves(axes: Any, shown: Any, count: int, measure: Measure) -> None:
    floor, top = axis_limits(shown[np.tril_indices(count)], measure)
    margin = 0.04 * (top - floor)
    axes.set_ylim(floor - margin, top + margin)
    axes.set_xlim(-0.3, count - 0.7)
    axes.set_xticks(np.arange(count))
    axes.yaxis.set_major_formatter(f"{{x:g}}{measure.unit}")
    axes.grid(axis="y", color="#e4e7eb", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_xlabel("after learning task", labelpad=8)
    axes.set_ylabel(f"test {measure.title}", labelpad=8)
    axes.legend(
        loc="center left",
        bbox_to_anchor=(1.01, 0.5),
        frameon=False,
        ncols=1 + count // 16,
    )


def _summary(matrix: AccuracyMatrix) -> str:
    parts, measure = [], matrix.measure
    if matrix.average_accuracy is not None:
        parts.append(f"average {measure.shown(matrix.average_accuracy)}{measure.unit}")
    if matrix.backward_transfer is not None:
        change = _signed(matrix.backward_transfer, measure, "+")
        parts.append(f"backward transfer {change}")
    if matrix.forgetting is not None:
        points = " points" if measure is ACCURACY else ""
        parts.append(f"forgetting {_signed(matrix.forgetting, measure)}{points}")
    return "  ·  ".join(parts) or "no task finished yet"


def _signed(value: float, measure: Measure, sign: str = "") -> str:
    text = measure.shown(value)
    if not float(text.replace(",", "")):
        text = text.lstrip("-")  # a rounded -0.0
    if not text.startswith("-"):
        text = sign + text
    return text.replace("-", "\N{MINUS SIGN}")
