"""Examples of a task: one array, or several by the names of inputs and outputs."""

from collections.abc import Mapping, Sequence

import numpy as np

Examples = np.ndarray | Mapping[str, np.ndarray]


def count(examples: Examples) -> int:
    """Returns how many there are."""
    return len(next(iter(by_name(examples, ()).values())))


def rows(examples: Examples, which: slice | np.ndarray) -> Examples:
    """Returns some of them."""
    if isinstance(examples, Mapping):
        return {name: values[which] for name, values in examples.items()}
    return examples[which]


def by_name(examples: Examples, names: Sequence[str]) -> Mapping[str, np.ndarray]:
    """Returns the arrays by name.

    Args:
        examples: an array, or arrays by name.
        names: what a single array is called, the only one; none for any name.

    Example:

    >>> by_name(np.zeros(3), ["image"])
    {'image': array([0., 0., 0.])}
    """
    if isinstance(examples, Mapping):
        return examples
    name = names[0] if names else ""
    return {name: examples}


def single(named: Mapping[str, np.ndarray]) -> Examples:
    """Returns the array where there is one, else all by name."""
    return next(iter(named.values())) if len(named) == 1 else named


def spread(examples: Examples, at_most: int) -> Examples:
    """Returns examples from beginning to end, each once."""
    chosen = np.linspace(0, count(examples) - 1, at_most).astype(int)
    return rows(examples, np.unique(chosen))
