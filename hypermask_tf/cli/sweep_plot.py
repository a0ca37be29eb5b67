"""Pictures of a sweep: a line, a heat map, or bars, by how many flags vary."""

import math
from collections.abc import Mapping
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

_COLOUR = "#2a6f97"


def plot_sweep(summary: Mapping[str, Any], path: Path) -> Path:
    """Draws the accuracy of every point of a sweep.

    One flag gives a line with the sample deviation over seeds, two a heat map, more a
    bar for each point. Points without a finished run stay out, or blank.

    Args:
        summary: What `sweep.json` holds.
        path: The file to write; its ending names the format.

    Returns:
        The path written.
    """
    matplotlib = matplotlib_or_hint()
    draw = {1: _line, 2: _heat_map}.get(len(summary["grid"]), _bars)
    with matplotlib.rc_context(STYLE):
        figure = draw(matplotlib, summary)
        return save_figure(figure, path)


def _percent(point: Mapping[str, Any]) -> tuple[float, float]:
    """Mean and deviation in percent; NaN without a run, 0 of one alone."""
    mean, deviation = point["accuracy"]["mean"], point["accuracy"]["sd"]
    return math.nan if mean is None else 100 * mean, 100 * (deviation or 0.0)


def _settings(point: Mapping[str, Any]) -> str:
    return ", ".join(f"{flag}={value}" for flag, value in point["flags"].items())


def _measured(summary: Mapping[str, Any]) -> str:
    return f"{summary['measured_on']} accuracy in %"


def _title(axes: Any, summary: Mapping[str, Any]) -> None:
    seeds = ", ".join(map(str, summary["seeds"]))
    subtitle = f"{_measured(summary)}, seeds {seeds}"
    for point in summary["points"]:
        if point["name"] == summary["best"]:
            subtitle += f"  ·  best: {_settings(point)}"
    write_title(axes, ", ".join(summary["benchmarks"]) or "sweep", subtitle)


def _numbers(values: list[str]) -> list[float] | None:
    """The values as finite numbers, if all of them are."""
    try:
        numbers = [float(value) for value in values]
    except ValueError:
        return None
    return numbers if all(map(math.isfinite, numbers)) else None


def _line(matplotlib: Any, summary: Mapping[str, Any]) -> Any:
    figure = matplotlib.figure.Figure(figsize=(7.2, 4.4), dpi=150)
    axes = figure.add_subplot()
    [(flag, values)] = summary["grid"].items()
    numbers = _numbers(values)
    places = numbers if numbers else [float(i) for i in range(len(values))]
    order = np.argsort(places)
    means, deviations = np.transpose([_percent(p) for p in summary["points"]])
    x = np.asarray(places)[order]
    axes.errorbar(
        x,
        means[order],
        deviations[order],
        fmt="-o" if numbers else "o",
        color=_COLOUR,
        capsize=4,
        linewidth=1.8,
    )
    for place, point in zip(places, summary["points"], strict=True):
        dots = [100 * value for value in point["accuracy"]["values"]]
        axes.plot([place] * len(dots), dots, ".", color=MUTED, alpha=0.6, zorder=1)
    if numbers and min(x) > 0 and max(x) / min(x) >= 100:
        axes.set_xscale("log")
        axes.minorticks_off()
    axes.set_xticks(places, values)
    axes.set_xlabel(f"--{flag}", labelpad=8)
    axes.set_ylabel(_measured(summary))
    axes.grid(axis="y", color="#e4e7eb", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    _title(axes, summary)
    return figure


def _heat_map(matplotlib: Any, summary: Mapping[str, Any]) -> Any:
    (row_flag, rows), (column_flag, columns) = summary["grid"].items()
    cells = np.asarray([_percent(point) for point in summary["points"]])
    cells = cells.reshape(len(rows), len(columns), 2)
    size = (3.2 + 1.15 * max(len(columns), 3), 2.0 + 0.75 * max(len(rows), 2))
    figure = matplotlib.figure.Figure(figsize=size, dpi=150)
    axes = figure.add_subplot()
    known = cells[..., 0][~np.isnan(cells[..., 0])]
    low, high = (known.min(), known.max()) if known.size else (0.0, 100.0)
    colours = matplotlib.colormaps["YlGnBu"].with_extremes(bad="white")
    # The scale spans what was found: a sweep asks which point is better.
    image = axes.imshow(cells[..., 0], cmap=colours, vmin=low, vmax=max(high, low + 1))
    for (i, j), mean in np.ndenumerate(cells[..., 0]):
        if np.isnan(mean):
            continue
        dark = (mean - low) / max(high - low, 1) > 0.55
        spread = f"\n± {cells[i, j, 1]:.2f}" if cells[i, j, 1] else ""
        axes.text(
            j,
            i,
            f"{mean:.2f}{spread}",
            ha="center",
            va="center",
            size=10,
            color="white" if dark else INK,
        )
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xlabel(f"--{column_flag}", labelpad=8)
    axes.set_ylabel(f"--{row_flag}", labelpad=8)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    bar = figure.colorbar(image, ax=axes, pad=0.03, format="%g %%")
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0)
    _title(axes, summary)
    return figure


def _bars(matplotlib: Any, summary: Mapping[str, Any]) -> Any:
    points = summary["points"]
    figure = matplotlib.figure.Figure(figsize=(8.4, 1.6 + 0.36 * len(points)), dpi=150)
    axes = figure.add_subplot()
    means, deviations = np.transpose([_percent(point) for point in points])
    floor = axis_floor(np.maximum(means - deviations, 0.0))
    places = np.arange(len(points))
    axes.barh(
        places, means - floor, left=floor, xerr=deviations, color=_COLOUR, capsize=3
    )
    axes.set_yticks(places, [_settings(point) for point in points])
    axes.invert_yaxis()
    axes.set_xlim(floor, 100)
    axes.set_xlabel(f"{_measured(summary)} (the axis begins at {floor:g})", labelpad=8)
    axes.grid(axis="x", color="#e4e7eb", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    _title(axes, summary)
    return figure
