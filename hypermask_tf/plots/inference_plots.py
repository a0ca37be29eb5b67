"""Pictures of how well unknown tasks are inferred."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hypermask_tf.inference.measures import Reliability
from hypermask_tf.plots import style as plot_style

_BAR, _LINE = "#2b7a9b", "#8a9aa8"


def plot_task_confusions(
    confusions: Mapping[str, np.ndarray],
    path: str | os.PathLike[str],
    *,
    title: str = "Inferred task by true task",
) -> Path:
    """Draws a confusion matrix of tasks per method, rows in percent.

    Args:
        confusions: Counts `(tasks, tasks)` by method, true task by row.
        path: The file to write; its ending names the format. It is replaced in one
            step.
        title: First line above the picture.

    Returns:
        The path written.

    Raises:
        ImportError: If matplotlib is not installed.
    """

    def draw(axes: Any, name: str) -> None:
        counts = confusions[name]
        percent = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        axes.imshow(percent, cmap="YlGnBu", vmin=0, vmax=100)
        if len(percent) <= 10:
            _numbers(axes, percent)
        ticks = np.arange(0, len(percent), 1 + len(percent) // 11)
        axes.set_xticks(ticks)
        axes.set_yticks(ticks)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_title(f"{name}: {np.diag(percent).mean():.1f} %", size=11)

    return _grid(confusions, draw, path, title, ("inferred task", "true task"))


def plot_reliability(
    reliabilities: Mapping[str, Reliability],
    path: str | os.PathLike[str],
    *,
    title: str = "Reliability of the confidence",
) -> Path:
    """Draws accuracy by confidence per method; the diagonal is perfect calibration.

    Bins with more predictions are darker.

    Args:
        reliabilities: What `measures.reliability` returned, by method.
        path: The file to write, as for `plot_task_confusions`.
        title: First line above the picture.

    Returns:
        The path written.

    Raises:
        ImportError: If matplotlib is not installed.
    """

    def draw(axes: Any, name: str) -> None:
        found = reliabilities[name]
        bins = len(found.size)
        share = found.size / max(found.size.max(), 1)
        bars = axes.bar(
            (np.arange(bins) + 0.5) / bins,
            np.nan_to_num(found.accuracy),
            width=0.9 / bins,
            color=_BAR,
        )
        for bar, part in zip(bars, share, strict=True):
            bar.set_alpha(0.25 + 0.75 * float(part))
        axes.plot([0, 1], [0, 1], "--", color=_LINE, linewidth=1)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        axes.set_aspect("equal")
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_title(f"{name}: error {100 * found.error:.1f} %", size=11)

    return _grid(reliabilities, draw, path, title, ("confidence", "accuracy"))


def plot_coverage(
    curves: Mapping[str, np.ndarray],
    coverage: np.ndarray,
    path: str | os.PathLike[str],
    *,
    title: str = "Accuracy when the model may abstain",
) -> Path:
    """Draws accuracy on the most confident share of inputs, a line per method.

    Args:
        curves: Accuracies at `coverage`, 0..1, by method.
        coverage: Shares of inputs that are answered, 0..1.
        path: The file to write, as for `plot_task_confusions`.
        title: First line above the picture.

    Returns:
        The path written.

    Raises:
        ImportError: If matplotlib is not installed.
    """
    matplotlib = plot_style.matplotlib_or_hint()
    with matplotlib.rc_context(plot_style.STYLE):
        figure = matplotlib.figure.Figure(figsize=(8.4, 4.8), dpi=150)
        axes = figure.add_subplot()
        colours = matplotlib.colormaps["tab10"]
        for place, (name, accuracy) in enumerate(curves.items()):
            axes.plot(
                100 * coverage,
                100 * np.asarray(accuracy),
                linewidth=1.8,
                # Ten colours, then once more with dashes.
                color=colours(place % 10),
                linestyle="--" if place >= 10 else "-",
                label=name,
            )
        axes.xaxis.set_major_formatter("{x:g} %")
        axes.yaxis.set_major_formatter("{x:g} %")
        axes.set_xlabel("share of inputs that are answered")
        axes.set_ylabel("class-incremental accuracy on them")
        axes.grid(color="#e4e7eb", linewidth=0.8)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
        axes.set_title(title, loc="left", size=15, weight="bold", pad=12)
        return plot_style.save_figure(figure, path)


def _numbers(axes: Any, percent: np.ndarray) -> None:
    for (row, column), value in np.ndenumerate(percent):
        axes.text(
            column,
            row,
            f"{value:.0f}",
            ha="center",
            va="center",
            size=9 if len(percent) <= 6 else 6,
            color="white" if value > 55 else plot_style.INK,
        )


def _grid(
    entries: Mapping[str, Any],
    draw: Callable[[Any, str], None],
    path: str | os.PathLike[str],
    title: str,
    labels: tuple[str, str],
) -> Path:
    """One small picture per entry, three in a row, under one title."""
    matplotlib = plot_style.matplotlib_or_hint()
    with matplotlib.rc_context(plot_style.STYLE):
        columns = min(len(entries), 3)
        rows = -(-len(entries) // 3)
        figure = matplotlib.figure.Figure(
            figsize=(3.3 * columns, 3.4 * rows + 0.6), dpi=150, layout="constrained"
        )
        figure.suptitle(title, x=0.02, ha="left", size=15, weight="bold")
        figure.supxlabel(labels[0], size=11)
        figure.supylabel(labels[1], size=11)
        places = figure.subplots(rows, columns, squeeze=False).flat
        for axes, name in zip(places, entries, strict=False):
            draw(axes, name)
        for axes in list(figure.axes)[len(entries) :]:
            axes.set_visible(False)
        return plot_style.save_figure(figure, path)
