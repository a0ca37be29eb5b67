"""Units under construction: made layer by layer, merged where paths meet."""

import numpy as np

# The unit that is always on: pixels, logits, outputs of layers we do not know.
FIXED = -1
# Nodes of the pool before units get their final numbers.
ALWAYS_ON = 0
NOTHING = 1


class UnitPool:
    """A union-find over units.

    Two nodes are no units: `ALWAYS_ON`, which becomes `FIXED`, and `NOTHING`, a
    position that padding filled with zeros. Nothing ties nobody: a sum takes the
    other side's unit there. Who cannot tell takes it as always on (`solid`), and so
    do the final numbers.
    """

    def __init__(self) -> None:
        self._parent = [ALWAYS_ON, NOTHING]
        # Which call of `new` made each node.
        self._maker = [0, 0]

    def __len__(self) -> int:
        return len(self._parent)

    def new(self, size: int) -> np.ndarray:
        """`size` fresh units made together; int array `(size,)`."""
        start, maker = len(self._parent), self._maker[-1] + 1
        self._parent.extend(range(start, start + size))
        self._maker.extend([maker] * size)
        return np.arange(start, start + size)

    @staticmethod
    def fixed(size: int) -> np.ndarray:
        """`size` times the unit that is always on."""
        return np.full(size, ALWAYS_ON)

    @staticmethod
    def nothing(size: int) -> np.ndarray:
        """`size` positions that hold zeros, whatever the weights are."""
        return np.full(size, NOTHING)

    @staticmethod
    def solid(units: np.ndarray) -> np.ndarray:
        """The same units, with nothing taken as always on."""
        return np.where(units == NOTHING, ALWAYS_ON, units)

    def merge(self, first: np.ndarray, second: np.ndarray) -> None:
        """Makes two sets of units the same, element by element."""
        first, second = self.solid(first).ravel(), self.solid(second).ravel()
        for one, other in zip(first.tolist(), second.tolist(), strict=True):
            low, high = sorted((self._root(one), self._root(other)))
            self._parent[high] = low  # the lower one wins, so ALWAYS_ON always does

    def roots(self, units: np.ndarray) -> np.ndarray:
        """One node for each set of units that are the same by now."""
        roots = [self._root(node) for node in units.ravel().tolist()]
        return np.reshape(roots, units.shape).astype(int)

    def number(self) -> tuple[np.ndarray, tuple[int, ...]]:
        """Final numbers: the units of one group lie next to each other.

        Two units are in one group if the same layers make them. So a share of the
        units of every group is the same share of every layer.

        Returns:
            An array that maps every node to its final number or `FIXED`, and the
            sizes of the groups in the order of their numbers.
        """
        roots = self.roots(np.arange(len(self)))
        makers: dict[int, set[int]] = {}
        for node, root in enumerate(roots.tolist()):
            makers.setdefault(root, set()).add(self._maker[node])
        groups: dict[frozenset[int], list[int]] = {}
        for root in sorted(makers.keys() - {ALWAYS_ON, NOTHING}):
            groups.setdefault(frozenset(makers[root]), []).append(root)
        numbers = np.full(len(self._parent), FIXED)
        flat = [root for members in groups.values() for root in members]
        numbers[flat] = np.arange(len(flat))
        return numbers[roots], tuple(map(len, groups.values()))

    def _root(self, node: int) -> int:
        while self._parent[node] != node:
            self._parent[node] = self._parent[self._parent[node]]
            node = self._parent[node]
        return node
