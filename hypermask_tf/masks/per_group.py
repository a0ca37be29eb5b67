"""Arguments that are one number, or one for each group of scores."""

from collections.abc import Sequence

import numpy as np

Sparsity = float | Sequence[float]


def per_group(name: str, given: Sparsity, groups: int) -> tuple[float, ...]:
    """The values of an argument, one for each group of scores.

    Raises:
        ValueError: If it is neither one number nor one for each.
    """
    values = (
        [float(value) for value in given]
        if isinstance(given, Sequence | np.ndarray)
        else [float(given)] * groups
    )
    if len(values) != groups:
        raise ValueError(
            f"`{name}` must be one number, or one for each of the {groups} groups of "
            f"scores. Received: {len(values)} values, {name}={given}"
        )
    return tuple(values)


def check_sparsity(given: Sparsity) -> Sparsity:
    """Returns percentages of what is off, if that is what they are.

    Raises:
        ValueError: If one is out of range.
    """
    percentages = np.atleast_1d(given)
    if not np.all((percentages >= 0) & (percentages < 100)):
        raise ValueError(
            "`sparsity` is a percentage, 0 <= sparsity < 100 (90 keeps one weight or "
            f"unit in ten). Received: sparsity={given}"
        )
    return given
