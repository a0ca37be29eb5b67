"""Positions that can only be removed together."""

import numpy as np


class Sites:
    """A union-find over sites: what a position along a tensor's last axis stands for.

    A tensor's sites are an int array, one per position. Two positions of one site
    are removed together or not at all.
    """

    def __init__(self) -> None:
        self._parent: list[int] = []
        self._kept: list[np.ndarray] = []

    def new(self, size: int, keep: bool = False) -> np.ndarray:
        """`size` fresh sites; with `keep`, none of them is ever removed."""
        start = len(self._parent)
        self._parent.extend(range(start, start + size))
        sites = np.arange(start, start + size)
        if keep:
            self.keep(sites)
        return sites

    def keep(self, sites: np.ndarray) -> None:
        """Rules out the removal of `sites`."""
        self._kept.append(sites)

    def merge(self, first: np.ndarray, second: np.ndarray) -> None:
        """Makes two arrays of sites the same, element by element."""
        for one, other in zip(first.ravel(), second.ravel(), strict=True):
            self._parent[self._root(one)] = self._root(other)

    def resolve(self) -> tuple[np.ndarray, np.ndarray]:
        """The final sites.

        Returns:
            An int array from every site to the one that stands for it, and a bool
            array over sites: those that `keep` was called on, or anything merged
            with them.
        """
        roots = np.array([self._root(i) for i in range(len(self._parent))], dtype=int)
        kept = np.zeros(len(roots), dtype=bool)
        for sites in self._kept:
            kept[roots[sites]] = True
        return roots, kept

    def _root(self, site: int) -> int:
        while self._parent[site] != site:
            self._parent[site] = self._parent[self._parent[site]]
            site = self._parent[site]
        return site
