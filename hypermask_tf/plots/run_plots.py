"""Pictures of an accuracy matrix."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hypermask_tf.plots.style import (
    INK,
    MUTED,
    STYLE,
    axis_floor,
    matplotlib_or_hint,
    save_figure,
    write_title,
)
from hypermask_tf.training.accuracy_matrix import AccuracyMatrix


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
    and may fall below the scale; cells that were not measured stay blank.

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
        percent = 100 * matrix.matrix
        floor = axis_floor(percent[np.tril_indices(matrix.num_tasks)])
        colours = matplotlib.colormaps["YlGnBu"].with_extremes(
            bad="white", under="#f1f3f5"
        )
        image = axes.imshow(percent, cmap=colours, vmin=floor, vmax=100)
        _write_cells(axes, percent, floor)
        _finish_heat_map(axes, matrix.num_tasks)
        if names is not None:
            axes.set_xticklabels(names, rotation=45, ha="right")
            axes.set_yticklabels(names)
        below = bool((percent < floor).any())
        bar = figure.colorbar(
            image,
            ax=axes,
            shrink=0.8,
            pad=0.03,
            extend="min" if below else "neither",
            format="%g %%",
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
        percent = 100 * matrix.matrix
        colours = matplotlib.colormaps["viridis"]
        for task in range(matrix.num_tasks):
            axes.plot(
                np.arange(task, matrix.num_tasks),
                percent[task:, task],
                marker="o",
                markersize=5,
                linewidth=1.8,
                color=colours(0.92 * task / max(matrix.num_tasks - 1, 1)),
                label=f"task {task}" if names is None else names[task],
            )
        means = [np.mean(percent[i, : i + 1]) for i in range(matrix.num_tasks)]
        axes.plot(means, "--", color=INK, linewidth=1.6, label="mean", zorder=5)
        _finish_curves(axes, percent, matrix.num_tasks)
        write_title(axes, title, _summary(matrix))
        return save_figure(figure, path)


def _write_cells(axes: Any, percent: Any, floor: float) -> None:
    count = len(percent)
    if count > 25:  # Numbers would be too small to read.
        return
    digits = 2 if floor >= 95 and count <= 10 else 1
    for (after, task), value in np.ndenumerate(percent):
        if np.isnan(value):
            continue
        learned = task <= after
        dark = (value - floor) / (100 - floor) > 0.55
        axes.text(
            task,
            after,
            f"{value:.{digits}f}",
            ha="center",
            va="center",
            size=11 if count <= 10 else 8,
            style="normal" if learned else "italic",
            color="white" if dark else MUTED if value < floor else INK,
        )


def _finish_heat_map(axes: Any, count: int) -> None:
    # White lines between the cells, drawn on the minor ticks.
    axes.set_xticks(np.arange(count + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(count + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=2)
    axes.tick_params(which="both", length=0)
    axes.set_xticks(np.arange(count))
    axes.set_yticks(np.arange(count))
    axes.set_xlabel("accuracy on task", labelpad=8)
    axes.set_ylabel("after learning task", labelpad=8)
    axes.spines[:].set_visible(False)


def _finish_curves(axes: Any, percent: Any, count: int) -> None:
    floor = axis_floor(percent[np.tril_indices(count)])
    margin = 0.04 * (100 - floor)
    axes.set_ylim(floor - margin, 100 + margin)
    axes.set_xlim(-0.3, count - 0.7)
    axes.set_xticks(np.arange(count))
    axes.yaxis.set_major_formatter("{x:g} %")
    axes.grid(axis="y", color="#e4e7eb", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_xlabel("after learning task", labelpad=8)
    axes.set_ylabel("test accuracy", labelpad=8)
    axes.legend(
        loc="center left",
        bbox_to_anchor=(1.01, 0.5),
        frameon=False,
        ncols=1 + count // 16,
    )


def _summary(matrix: AccuracyMatrix) -> str:
    parts = []
    if matrix.average_accuracy is not None:
        parts.append(f"average {100 * matrix.average_accuracy:.2f} %")
    if matrix.backward_transfer is not None:
        parts.append(f"backward transfer {_points(matrix.backward_transfer, '+')}")
    if matrix.forgetting is not None:
        parts.append(f"forgetting {_points(matrix.forgetting)} points")
    return "  ·  ".join(parts) or "no task finished yet"


def _points(fraction: float, sign: str = "") -> str:
    # Adding 0.0 turns a rounded -0.0 into 0.0.
    text = f"{round(100 * fraction, 2) + 0.0:{sign}.2f}"
    return text.replace("-", "\N{MINUS SIGN}")
