"""Markdown tables, and numbers as they stand in them."""

import statistics
from collections.abc import Iterable, Sequence

MISSING = "–"


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table without a line break at its end."""
    lines = [header, ["---"] * len(header), *rows]
    # A bar in a cell would begin another.
    cells = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    marks = "|" + "|".join(cells[1]) + "|"
    text = ["| " + " | ".join(line) + " |" for line in cells]
    return "\n".join([text[0], marks, *text[2:]])


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
