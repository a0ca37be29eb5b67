"""Picture of bytes against accuracy: what a kilobyte buys under each kind of mask."""

import statistics
from pathlib import Path
from typing import Any

from hypermask_tf.plots.style import (
    MUTED,
    STYLE,
    matplotlib_or_hint,
    save_figure,
    write_title,
)

_COLOURS = ("#2a6f97", "#c1651c", "#3b8f3b", "#7a3b8f", "#c2452d", "#66727f")


def plot_sizes(rows: Any, path: Path, title: str) -> Path:
    """Draws a panel for each way of storing weights, a line for each kind of mask.

    Args:
        rows: What `size_rows` returns.
        path: The file to write; its ending names the format.
        title: First line above the picture.

    Returns:
        The path written.

    Raises:
        ImportError: If matplotlib is not installed.
    """
    matplotlib = matplotlib_or_hint()
    kinds, families = rows["weights"].unique(), rows["family"].unique()
    with matplotlib.rc_context(STYLE):
        size = (1.2 + 4.4 * len(kinds), 4.6)
        figure = matplotlib.figure.Figure(figsize=size, dpi=150)
        panels = figure.subplots(1, len(kinds), sharey=True, squeeze=False)[0]
        for axes, kind in zip(panels, kinds, strict=True):
            for family, colour in zip(families, _COLOURS * 9, strict=False):
                chosen = rows[(rows["weights"] == kind) & (rows["family"] == family)]
                _draw(axes, chosen, family, colour)
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter("{x:g}")
            axes.xaxis.set_major_locator(matplotlib.ticker.LogLocator(subs=(1, 2, 5)))
            axes.minorticks_off()
            axes.tick_params(length=0, labelsize=9)
            axes.set_xlabel(f"kB sent, {kind}", labelpad=8)
            axes.grid(color="#e4e7eb", linewidth=0.8)
            axes.spines[["top", "right"]].set_visible(False)
        panels[0].set_ylabel("validation accuracy in %")
        # Below all panels, where no point can lie.
        figure.legend(
            *panels[0].get_legend_handles_labels(),
            frameon=False,
            fontsize=9,
            loc="upper left",
            bbox_to_anchor=(panels[0].get_position().x0, 0),
            ncols=1 if len(kinds) == 1 else 3,
        )
        write_title(panels[0], "Accuracy at equal bytes", title)
        return save_figure(figure, path)


def _draw(axes: Any, rows: Any, family: str, colour: str) -> None:
    """A line through the rows of one kind of mask, each with its sparsity."""
    x, y = rows["sent"] / 1000, 100 * rows["accuracy"].map(statistics.mean)
    axes.plot(x, y, "-o", color=colour, label=family, linewidth=1.8, markersize=5)
    for sparsity, place, height in zip(rows["sparsity"], x, y, strict=True):
        axes.annotate(
            f"{sparsity} %",
            (place, height),
            xytext=(0, 7),
            textcoords="offset points",
            ha="center",
            fontsize=8,
            color=MUTED,
        )
