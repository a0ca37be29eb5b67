"""Markdown tables, and numbers as they stand in them."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

MISSING = "–"


def markdown(rows: Iterable[Mapping[str, Any]]) -> str:
    """A Markdown table without a line break at its end.

    Args:
        rows: Cells by column; all have the columns of the first. Fractions get two
            decimals.
    """
    rows = list(rows)
    lines = [[_cell(name) for name in rows[0]], *(map(_cell, r.values()) for r in rows)]
    text = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([text[0], "|" + "---|" * len(rows[0]), *text[1:]])


def _cell(value: Any) -> str:
    if value is None or value != value:  # NaN
        return MISSING
    text = f"{value:.2f}" if isinstance(value, float) else str(value)
    # A bar in a cell would begin another.
    return text.replace("|", "\\|")


def spread(values: Sequence[float], sign: str = "", digits: int = 2) -> str:
    """Mean ± sample deviation; the mean alone of one value."""
    if not values:
        return MISSING
    mean = f"{statistics.mean(values):{sign}.{digits}f}"
    if len(values) < 2:
        return mean
    return f"{mean} ± {statistics.stdev(values):.{digits}f}"


def percent(fractions: Iterable[float | None], sign: str = "") -> str:
    """`spread` of fractions, in percent; missing if one is."""
    values = list(fractions)
    known = [100 * value for value in values if value is not None]
    return spread(known, sign) if len(known) == len(values) else MISSING


def seconds(values: Sequence[float]) -> str:
    """From the shortest to the longest, rounded."""
    low, high = round(min(values)), round(max(values))
    return str(low) if low == high else f"{low} to {high}"
