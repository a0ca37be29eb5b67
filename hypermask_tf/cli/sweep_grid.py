"""The points of a sweep: which flags take which values."""

import copy
import dataclasses
import difflib
import itertools
import re

from absl import flags

from hypermask_tf.cli.flagfiles import HARMLESS, flagfile, run_flags

# What a sweep decides for itself, and what does not belong to a point.
_NOT_SWEPT = HARMLESS | {"seed", "measure"}


@dataclasses.dataclass(frozen=True)
class Point:
    """One combination of values.

    Args:
        settings: Pairs of flag and value, in the order of the grid.
    """

    settings: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        """Name of its folder; a comma there would end a name in a list of folders."""
        text = "_".join(f"{flag}={value}" for flag, value in self.settings)
        return re.sub(r"[^\w.=+-]", "-", text)

    def values(self, base: flags.FlagValues, seed: int) -> flags.FlagValues:
        """A copy of `base` with this point's values and a seed.

        Raises:
            flags.Error: If a value is not allowed.
        """
        values = copy.deepcopy(base)
        chosen = [f"--{flag}={value}" for flag, value in self.settings]
        values(["sweep", *chosen, f"--seed={seed}"])
        return values


def parse_grid(text: str) -> dict[str, list[str]]:
    """Values by flag, from text such as `sparsity=80|90;hidden=400,400|800,800`.

    Raises:
        ValueError: If the text is not of that form.

    Example:

    >>> parse_grid("sparsity=80|90;hidden=400,400|800")
    {'sparsity': ['80', '90'], 'hidden': ['400,400', '800']}
    """
    grid: dict[str, list[str]] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        flag, equals, listed = part.partition("=")
        flag, values = flag.strip().lstrip("-"), [v.strip() for v in listed.split("|")]
        if not equals or not flag or not all(values) or flag in grid:
            raise ValueError(
                "Expected --grid='flag=value|value;flag=value|value', each flag once. "
                f"Received: {part!r}"
            )
        if len(values) < 2 or len(set(values)) < len(values):
            raise ValueError(
                f"Expected two or more different values of {flag}, separated by |. "
                f"Received: {listed!r}. Set a flag that does not vary with "
                f"--{flag}=… instead"
            )
        grid[flag] = values
    if not grid:
        raise ValueError("Expected a grid. Pass for instance --grid='sparsity=80|90'")
    return grid


def make_points(grid: dict[str, list[str]], base: flags.FlagValues) -> list[Point]:
    """Every combination of a grid's values, checked as the training command would.

    Args:
        grid: Values by flag.
        base: Parsed flags of the training command, for all that does not vary.

    Raises:
        ValueError: If a flag does not exist or cannot be swept, a value is not
            allowed, or two points would share a folder.
    """
    _check_names(grid, sorted(set(run_flags(base)) - _NOT_SWEPT))
    combined = itertools.product(*grid.values())
    points = [Point(tuple(zip(grid, values, strict=True))) for values in combined]
    for point in points:
        try:
            point.values(base, seed=1)
        except flags.Error as error:
            raise ValueError(f"{point.name}: {error}") from error
    if len({point.name for point in points}) < len(points):
        raise ValueError(
            "Two points of the grid would share a folder, for their values differ in "
            f"punctuation only. Received: {[point.name for point in points]}"
        )
    return points


def _check_names(grid: dict[str, list[str]], known: list[str]) -> None:
    for flag in grid:
        if flag in _NOT_SWEPT:
            raise ValueError(
                f"--{flag} is the same for all points of a sweep (seeds are given by "
                f"--seeds). Received: {flag} in the grid"
            )
        if flag not in known:
            close = difflib.get_close_matches(flag, known) or known
            raise ValueError(
                "Expected flags of apps/train.py in the grid. Received: "
                f"{flag}. Did you mean {' or '.join(close)}?"
            )


def point_flagfile(point: Point, base: flags.FlagValues, seed: int) -> str:
    """The flagfile of one run of a sweep."""
    return flagfile(point.values(base, seed))
