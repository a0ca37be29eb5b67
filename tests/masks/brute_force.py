"""Which scores are on, in plain Python: each rule by its words, place by place."""

import math
from fractions import Fraction

import numpy as np


def _portion(share, count):
    return math.floor(Fraction(share).limit_denominator(10**6) * count)


def count_on(size, sparsity, ramp=1.0):
    """A percentile with linear interpolation, kept at its upper neighbour."""
    exact = Fraction(sparsity * ramp).limit_denominator(10**6)
    return size - math.ceil(exact * (size - 1) / 100)


class _Chooser:
    """Adds the strongest of what is allowed, one by one."""

    def __init__(self, magnitudes, free, pinned):
        self.magnitudes, self.free, self.pinned = magnitudes, free, pinned
        self.chosen = set()

    def add(self, places, up_to):
        """Until so many of `places` are chosen."""
        order = sorted(
            places, key=lambda p: (not self.pinned[p], -self.magnitudes[p], p)
        )
        have = sum(place in self.chosen for place in places)
        for place in order:
            if have < up_to and place not in self.chosen:
                self.chosen.add(place)
                have += 1

    def fill(self, places, count, reuse):
        """What a task asks for among `places`."""
        free = [place for place in places if self.free[place]]
        self.add(free, count - _portion(reuse, count))
        self.add(places, count)


def selected(
    magnitudes,
    sizes,
    sparsity,
    *,
    free=None,
    pinned=None,
    reuse=1.0,
    ramp=1.0,
):
    """Which scores are on, boolean; of a task's units `reuse` may be used ones."""
    everything = np.ones(len(magnitudes), bool)
    shares = np.broadcast_to(reuse, len(sizes)).tolist()
    if free is None or min(shares) == 1:
        free, shares = everything, [1.0] * len(sizes)
    pinned = ~everything if pinned is None else pinned
    chooser = _Chooser(magnitudes, free, pinned)
    start = 0
    for size, percentage, share in zip(sizes, sparsity, shares, strict=True):
        count = count_on(size, percentage, ramp)
        chooser.fill(range(start, start + size), count, share)
        start += size
    return np.isin(np.arange(len(magnitudes)), list(chooser.chosen))
