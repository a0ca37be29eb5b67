"""Picture of a sweep: accuracy over time, and against each flag that varies."""

import math
from pathlib import Path
from typing import Any

import optuna
import pandas as pd
from optuna.distributions import BaseDistribution, CategoricalDistribution

from hypermask_tf.cli.sweep_objective import FIGURES, SweepObjective
from hypermask_tf.cli.sweep_report import trials_frame
from hypermask_tf.plots.style import (
    MUTED,
    STYLE,
    matplotlib_or_hint,
    save_figure,
    write_title,
)

_COLUMNS = 3


def plot_sweep(study: optuna.Study, sweep: SweepObjective, path: Path) -> Path:
    """Draws a panel with the trials in their order, and one for each flag.

    Args:
        study: The study.
        sweep: What its trials were.
        path: The file to write; its ending names the format.

    Returns:
        The path written.
    """
    matplotlib = matplotlib_or_hint()
    frame = trials_frame(study, sweep)
    frame = frame[frame["outcome"].str.match("complete|pruned")]
    panels: dict[str, BaseDistribution | None] = {"trial": None, **sweep.space}
    columns, rows = min(len(panels), _COLUMNS), math.ceil(len(panels) / _COLUMNS)
    with matplotlib.rc_context(STYLE):
        size = (1.0 + 4.0 * columns, 0.8 + 3.8 * rows)
        figure = matplotlib.figure.Figure(figsize=size, dpi=150, layout="constrained")
        axes = figure.subplots(rows, columns, sharey=True, squeeze=False)
        for one, (name, among) in zip(axes.flat, panels.items(), strict=False):
            _draw(one, frame, name, among)
        for one in axes.flat[len(panels) :]:
            one.set_visible(False)
        for one in axes[:, 0]:
            one.set_ylabel("validation accuracy in %")
        title = "star: the best; crosses at the bottom: trials that were pruned"
        write_title(axes[0, 0], f"Sweep {sweep.folder.absolute().name}", title)
        return save_figure(figure, path)


def _draw(
    axes: Any, frame: pd.DataFrame, name: str, among: BaseDistribution | None
) -> None:
    places = frame[name]
    if isinstance(among, CategoricalDistribution):
        places = places.map(among.choices.index)
        axes.set_xticks(range(len(among.choices)), among.choices)
        axes.set_xlim(-0.5, len(among.choices) - 0.5)
    else:
        places = places.astype(float)
    if getattr(among, "log", False):
        ticker = matplotlib_or_hint().ticker
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.minorticks_off()
    accuracy = frame[FIGURES[0]]
    axes.plot(places, accuracy, "o", color="#2a6f97", alpha=0.7)
    axes.plot(places[:1], accuracy[:1], "*", color="#c1651c", markersize=14)
    pruned = places[frame["outcome"].str.startswith("pruned")]
    bottom = axes.get_xaxis_transform()
    axes.plot(pruned, [0.03] * len(pruned), "x", color=MUTED, transform=bottom)
    axes.set_xlabel(name if among is None else f"--{name}", labelpad=8)
    axes.grid(axis="y", color="#e4e7eb", linewidth=0.8)
    axes.tick_params(length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
