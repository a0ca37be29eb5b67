"""A picture of a unit graph: which layers share which units."""

import itertools
import math
import os
from pathlib import Path
from typing import Any

import keras
import numpy as np

from hypermask_tf.plots import style as plot_style
from hypermask_tf.units import FIXED, UnitGraph, UnitStep
from hypermask_tf.units.unit_boxes import boxes_of

_ROWS = 26  # boxes below each other before a new column begins
_WIDTH, _HEIGHT, _GAP, _COLUMN = 3.7, 0.56, 0.24, 6.0  # inches
_ALWAYS_ON = "#c5ccd3"


def plot_unit_graph(
    model: keras.Model | UnitGraph, path: str | os.PathLike[str], *, title: str = ""
) -> Path:
    """Draws the layers of a model as boxes, coloured by their groups of units.

    The strip in a box shows the channels of what comes out, from left to right: one
    colour for each group, grey for what is always on. Layers that only hand units
    on stand in small print in the box of the layer before them. Lines beside the
    boxes are residual and other skipping connections, in the colour of what they
    carry. Dashed boxes are layers without a rule, dotted ones couple the channels.

    Args:
        model: A built Functional or Sequential model, or its unit graph.
        path: The file to write; its ending names the format. It is replaced in one
            step.
        title: First line above the picture.

    Returns:
        The path written.

    Raises:
        ImportError: If matplotlib is not installed.
        ValueError: If the model has no graph to read.

    Example:

    ```python
    plot_unit_graph(model, "plots/unit_graph.png", title="A small convnet")
    ```
    """
    graph = model if isinstance(model, UnitGraph) else UnitGraph(model)
    matplotlib = plot_style.matplotlib_or_hint()
    boxes = boxes_of(graph)
    columns = math.ceil(len(boxes) / _ROWS)
    rows = math.ceil(len(boxes) / columns)
    with matplotlib.rc_context(plot_style.STYLE):
        width = columns * _COLUMN - 1.2
        height = rows * (_HEIGHT + _GAP)
        figure = matplotlib.figure.Figure(figsize=(width, height), dpi=110)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_xlim(-0.1, width)
        axes.set_ylim(-height, 0.1)
        axes.set_axis_off()
        drawing = _Drawing(matplotlib, axes, graph, boxes, rows)
        drawing.draw()
        totals = f"units: {graph.num_units}  ·  groups: {len(graph.group_sizes)}"
        plot_style.write_title(axes, title or "Unit graph", totals)
        return plot_style.save_figure(figure, path)


class _Drawing:
    """Places the boxes and draws them and the lines between them."""

    def __init__(
        self,
        matplotlib: Any,
        axes: Any,
        graph: UnitGraph,
        boxes: dict[int, list[UnitStep]],
        rows: int,
    ) -> None:
        self._patches = matplotlib.patches
        self._path = matplotlib.path.Path
        self._axes = axes
        self._graph = graph
        self._boxes = boxes
        self._order = {home: place for place, home in enumerate(boxes)}
        self._rows = rows
        self._ends = np.cumsum(graph.group_sizes)
        # Dark colours first, then their light twins; no grey, which is always on.
        colours = matplotlib.colormaps["tab20"].colors
        self._palette = [colours[i] for i in (*range(0, 20, 2), *range(1, 20, 2))]
        del self._palette[17], self._palette[7]

    def draw(self) -> None:
        home_of = {
            id(step): home for home, steps in self._boxes.items() for step in steps
        }
        for home, steps in self._boxes.items():
            for source in steps[0].sources:
                made_by = self._graph.steps[source]
                self._line(home_of[id(made_by)], home, made_by.outputs[0])
        for home, steps in self._boxes.items():
            self._box(home, steps)

    def _corner(self, home: int) -> tuple[float, float]:
        """Lower left corner of a box."""
        column, row = divmod(self._order[home], self._rows)
        return column * _COLUMN, -row * (_HEIGHT + _GAP) - _HEIGHT

    def _groups(self, units: np.ndarray) -> list[int]:
        """The group of each unit, -1 for what is always on."""
        groups = np.searchsorted(self._ends, units, "right")
        return np.where(units == FIXED, FIXED, groups).tolist()

    def _colour(self, group: int) -> Any:
        colour = self._palette[group % len(self._palette)]
        return _ALWAYS_ON if group == FIXED else colour

    def _box(self, home: int, steps: list[UnitStep]) -> None:
        x, y = self._corner(home)
        style = "-"
        for step in steps:
            style = "--" if step.name in self._graph.opaque else style
            style = ":" if step.name in self._graph.coupled else style
        self._axes.add_patch(
            self._patches.Rectangle(
                (x, y),
                _WIDTH,
                _HEIGHT,
                fc="white",
                ec=plot_style.INK,
                ls=style,
                zorder=3,
            )
        )
        groups = self._groups(steps[-1].outputs[0])
        self._strip(x, y, groups)
        who = self._who(groups, steps[-1].outputs[0])
        self._text(x + _WIDTH - 0.08, y + 0.42, who, size=8, ha="right", weight="bold")
        room = int((_WIDTH - 0.4 - 0.075 * len(who)) / 0.09)
        name = steps[0].name
        name = name if len(name) <= room else "…" + name[1 - room :]
        self._text(x + 0.08, y + 0.42, name, size=9, weight="bold")
        kinds = [type(step.operation).__name__ for step in steps if step.operation]
        kind = _shorten(", ".join(kinds) or "Input", 62)
        self._text(x + 0.08, y + 0.21, kind, size=7, color=plot_style.MUTED)

    def _strip(self, x: float, y: float, groups: list[int]) -> None:
        cell = _WIDTH / len(groups)
        for group, run in itertools.groupby(groups):
            width = cell * len(list(run))
            self._axes.add_patch(
                self._patches.Rectangle(
                    (x, y), width, 0.1, fc=self._colour(group), lw=0, zorder=3.5
                )
            )
            x += width

    def _who(self, groups: list[int], units: np.ndarray) -> str:
        named = sorted(set(groups) - {FIXED})
        if not named:
            return "always on"
        text = "group " if len(named) == 1 else "groups "
        count = len(np.setdiff1d(units, FIXED))
        return f"{text}{_shorten(', '.join(map(str, named)), 14)}  ·  {count} units"

    def _text(self, x: float, y: float, text: str, **style: Any) -> None:
        self._axes.text(x, y, text, va="center", zorder=4, **style)

    def _line(self, start: int, end: int, units: np.ndarray) -> None:
        groups = self._groups(units)
        group = max(set(groups) - {FIXED}, key=groups.count, default=FIXED)
        (x, y), (x_end, y_end) = self._corner(start), self._corner(end)
        skipped = self._order[end] - self._order[start] - 1
        middle, top = _WIDTH / 2, y_end + _HEIGHT
        if x == x_end and skipped == 0:
            points = [(x + middle, y), (x_end + middle, top)]
        elif x == x_end:  # around the boxes between, further out the more there are
            out = x + _WIDTH + min(0.2 + 0.16 * skipped, 1.6)
            right, low = x + _WIDTH, y_end + 0.62 * _HEIGHT
            high = y + 0.38 * _HEIGHT
            points = [(right, high), (out, high), (out, low), (right, low)]
        else:
            out = x + _WIDTH + 1.8
            high = y + 0.2 * _HEIGHT
            points = [
                (x + _WIDTH, high),
                (out, high),
                (out, top - 0.2),
                (x_end, top - 0.2),
            ]
        self._axes.add_patch(
            self._patches.FancyArrowPatch(
                path=self._path(points),
                arrowstyle="-|>",
                mutation_scale=9,
                color=self._colour(group),
                linewidth=1.2 if skipped == 0 else 2.2,
                joinstyle="round",
                zorder=2,
            )
        )


def _shorten(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
