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

    def fill(self, places, count, reuse, borrow=1.0, read=0.0):
        """What a task asks for among `places`."""
        free = [place for place in places if self.free[place]]
        taken = [place for place in places if not self.free[place]]
        own = count - _portion(reuse, count)
        self.add(free, own)
        self.add(places, count + _portion(borrow - 1, max(own - len(free), 0)))
        self.add(taken, _portion(read, len(taken)))


def selected(
    magnitudes,
    sizes,
    sparsity,
    *,
    free=None,
    pinned=None,
    threshold="layer",
    floor=1.0,
    reuse=1.0,
    borrow=1.0,
    read=0.0,
    ramp=1.0,
):
    """Which scores are on; boolean, like `magnitudes`; arguments as in `Quota`."""
    everything = np.ones(len(magnitudes), bool)
    groups = len(sizes)
    sparsity, reuse, borrow, read = (
        np.broadcast_to(np.asarray(each, float), groups).tolist()
        for each in (sparsity, reuse, borrow, read)
    )
    if not any(sparsity):
        return everything
    if min(reuse) == 1 and max(read) == 0:
        free = None
    pinned = ~everything if pinned is None else pinned
    chooser = _Chooser(magnitudes, everything if free is None else free, pinned)
    if free is None:
        reuse, borrow, read = [1.0] * groups, [1.0] * groups, [0.0] * groups
    ends = np.cumsum(sizes)
    parts = [range(b - a, b) for a, b in zip(sizes, ends, strict=True)]
    counts = [count_on(n, p, ramp) for n, p in zip(sizes, sparsity, strict=True)]
    if threshold == "layer":
        for part, *rules in zip(parts, counts, reuse, borrow, read, strict=True):
            chooser.fill(part, *rules)
    else:
        for part, count in zip(parts, counts, strict=True):
            least = max(1, math.ceil(Fraction(str(floor)) * len(part) / 100))
            chooser.fill(part, min(least, count), reuse[0])
        chooser.fill(range(ends[-1]), sum(counts), reuse[0], borrow[0], read[0])
    return np.isin(np.arange(len(magnitudes)), list(chooser.chosen))
