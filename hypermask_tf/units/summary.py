"""The table that `UnitGraph.summary` prints."""

import itertools
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hypermask_tf.units.unit_group import groups_of

if TYPE_CHECKING:
    from hypermask_tf.units.graph import UnitGraph

_TITLES = ("group", "units", "made by", "scaled by", "read by", "tied in", "seen by")
_WIDEST = 26


def describe(graph: "UnitGraph") -> str:
    """One row per group of units; names that do not fit go below each other."""
    rows = [list(map(_as_cell, _TITLES))]
    for number, group in enumerate(groups_of(graph)):
        names = (
            group.makers,
            group.scalers,
            group.readers,
            group.ties,
            group.seen_by,
        )
        numbers = [[str(number)], [str(len(group.units))]]
        rows.append(numbers + [_wrap(cell) for cell in names])
    # A column that nobody fills is not worth its place.
    keep = [c for c in range(len(_TITLES)) if any(any(row[c]) for row in rows[1:])]
    widths = [max(len(line) for row in rows for line in row[c]) for c in keep]
    lines = [
        "  ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True))
        for row in rows
        for line in itertools.zip_longest(*(row[c] for c in keep), fillvalue="")
    ]
    return "\n".join(line.rstrip() for line in [*lines, *_totals(graph)])


def _as_cell(text: str) -> list[str]:
    return [text]


def _wrap(names: Sequence[str]) -> list[str]:
    return textwrap.wrap(
        ", ".join(names), _WIDEST, break_long_words=False, break_on_hyphens=False
    )


def _totals(graph: "UnitGraph") -> list[str]:
    lines = [
        f"groups: {len(graph.group_sizes)}, units: {graph.num_units}, "
        f"removable: {int(graph.removable.sum())}"
    ]
    if graph.opaque:
        lines.append(f"layers without a rule: {', '.join(graph.opaque)}")
    if graph.coupled:
        lines.append(f"layers that couple channels: {', '.join(graph.coupled)}")
    return lines
