"""What the machine can do, and how busy it is."""

import abc
import itertools
import os
import platform
import resource
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

# Large enough that no cache holds it.
_COPIED_BYTES = 2**28
# Forward read of the weights; Adam reads and writes them and both moments.
FLOOR_PASSES = 7


def cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0))


def describe() -> dict[str, Any]:
    """Processor, cores and load of the machine, ready for JSON."""
    name = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            lines = [line for line in file if line.startswith("model name")]
        name = lines[0].partition(":")[2].strip() if lines else name
    except OSError:
        pass
    return {"processor": name, "cores": cores()}


def load() -> float:
    """Processes that wanted to run, mean over the last minute."""
    return round(os.getloadavg()[0], 2)


def peak_memory() -> int:
    """The most memory that this process has held so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


class Bandwidth(abc.ABC):
    """Measures how fast memory is copied, bytes read and written.

    It is measured again and again between other measurements, so that it meets the
    same load as they do.

    Args:
        copied: Bytes of a copy.
    """

    def __init__(self, copied: int) -> None:
        self._copied = copied
        self._seconds: list[float] = []

    @abc.abstractmethod
    def _copy(self) -> float:
        """Seconds of one copy."""

    def measure(self, times: int = 3) -> None:
        """Takes some more measurements."""
        self._seconds += [self._copy() for _ in range(times)]

    @property
    def bytes_per_second(self) -> float:
        """Median of all measurements."""
        return 2 * self._copied / float(np.median(self._seconds))


class CopyBandwidth(Bandwidth):
    """That of the memory that all cores share."""

    def __init__(self) -> None:
        super().__init__(_COPIED_BYTES)
        self._source = np.ones(_COPIED_BYTES // 8, np.float64)
        self._target = np.zeros_like(self._source)
        self._pool = ThreadPoolExecutor(cores())
        self._copy()  # touches every page for the first time

    def _copy(self) -> float:
        ends = np.linspace(0, len(self._source), cores() + 1).astype(int)
        start = time.perf_counter()
        parts = [slice(a, b) for a, b in itertools.pairwise(ends)]
        list(self._pool.map(self._copy_part, parts))
        return time.perf_counter() - start

    def _copy_part(self, part: slice) -> None:
        np.copyto(self._target[part], self._source[part])


def floor_ms(weights: int, bytes_per_second: float) -> float:
    """Milliseconds in which a step of Adam can touch so many weights at best.

    Source: DESIGN, section 5: seven passes over 4 · weights bytes.
    """
    return 1e3 * FLOOR_PASSES * 4 * weights / bytes_per_second
