"""Units under construction: made layer by layer, merged where paths meet."""

import numpy as np

# The unit that is always on: pixels, logits, outputs of layers we do not know.
FIXED = -1


class UnitPool:
    """A union-find over units, and one over the groups they were made in.

    Internally node 0 stands for `FIXED`; it belongs to no group.
    """

    def __init__(self) -> None:
        self._parent = [0]
        self._group_of = [0]
        self._group_parent = [0]

    def new(self, size: int) -> np.ndarray:
        """`size` fresh units in a group of their own; int array `(size,)`."""
        group = len(self._group_parent)
        self._group_parent.append(group)
        start = len(self._parent)
        self._parent.extend(range(start, start + size))
        self._group_of.extend([group] * size)
        return np.arange(start, start + size)

    @staticmethod
    def fixed(size: int) -> np.ndarray:
        """`size` times the unit that is always on."""
        return np.zeros(size, dtype=int)

    @staticmethod
    def _root(parents: list[int], node: int) -> int:
        while parents[node] != node:
            parents[node] = parents[parents[node]]
            node = parents[node]
        return node

    def merge(self, first: np.ndarray, second: np.ndarray) -> None:
        """Makes two sets of units the same, element by element."""
        for one, other in zip(first.ravel(), second.ravel(), strict=True):
            low, high = sorted(
                (self._root(self._parent, one), self._root(self._parent, other))
            )
            self._parent[high] = low  # the lower one wins, so FIXED always does
            if low != 0:
                groups = sorted(
                    self._root(self._group_parent, self._group_of[node])
                    for node in (low, high)
                )
                self._group_parent[groups[1]] = groups[0]

    def number(self) -> tuple[np.ndarray, tuple[int, ...]]:
        """Final numbers: the units of one group lie next to each other.

        Returns:
            An array that maps every node to its final number or `FIXED`, and the
            sizes of the groups in the order of their numbers.
        """
        members: dict[int, list[int]] = {}
        for node in range(1, len(self._parent)):
            if self._root(self._parent, node) == node:
                group = self._root(self._group_parent, self._group_of[node])
                members.setdefault(group, []).append(node)
        numbers = np.full(len(self._parent), FIXED)
        flat = [node for group in sorted(members) for node in members[group]]
        numbers[flat] = np.arange(len(flat))
        roots = [self._root(self._parent, n) for n in range(len(self._parent))]
        return numbers[roots], tuple(len(members[g]) for g in sorted(members))
