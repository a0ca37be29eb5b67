"""How long a prediction takes in LiteRT, beside another file in the same minutes."""

import dataclasses
import statistics
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

ROUNDS = 30
# Long enough for the clock, short enough that other work rarely falls into it.
ROUND_SECONDS = 0.004
MAX_CALLS = 1000


@dataclasses.dataclass(frozen=True)
class Latency:
    """Time of one prediction at batch 1 on one thread, in microseconds.

    Args:
        median: median over rounds of the mean time of a call.
        fastest: the fastest round, which other work on the machine disturbs least.
        rounds: how many rounds.
    """

    median: float
    fastest: float
    rounds: int

    def to_json(self) -> dict[str, Any]:
        """Returns a dictionary of plain types."""
        return {
            "median_us": self.median,
            "fastest_us": self.fastest,
            "rounds": self.rounds,
        }


def measure_latencies(
    files: Mapping[str, bytes], rounds: int = ROUNDS
) -> dict[str, Latency]:
    """Measures files in turn, round by round, so that all see the same machine.

    Only the call of `invoke` is timed, through Python, whose share (below a
    microsecond) counts as the file's. The input is random and stays the same.

    Args:
        files: contents by any name; ratios hold between files of one call.
        rounds: how often each file has its turn.
    """
    runs = {name: _Timed(content) for name, content in files.items()}
    times: dict[str, list[float]] = {name: [] for name in files}
    for _ in range(rounds):
        for name, run in runs.items():
            times[name].append(run.seconds_per_call())
    return {name: _summary(values) for name, values in times.items()}


def _summary(seconds: Sequence[float]) -> Latency:
    return Latency(
        1e6 * statistics.median(seconds), 1e6 * min(seconds), rounds=len(seconds)
    )


class _Timed:
    def __init__(self, content: bytes) -> None:
        from hypermask_tf.export.interpreter import make_interpreter

        self._interpreter = make_interpreter(content)
        # Whole numbers are zeros: a token or a class that every network knows.
        for details in self._interpreter.get_input_details():
            values = np.random.default_rng(0).uniform(0, 1, details["shape"])
            values = values.astype(details["dtype"])
            self._interpreter.set_tensor(details["index"], values)
        self._calls = 1
        while self._measured() < ROUND_SECONDS and self._calls < MAX_CALLS:
            self._calls *= 2

    def seconds_per_call(self) -> float:
        self._interpreter.invoke()  # whatever ran before has filled the caches
        return self._measured() / self._calls

    def _measured(self) -> float:
        invoke = self._interpreter.invoke
        start = time.perf_counter()
        for _ in range(self._calls):
            invoke()
        return time.perf_counter() - start
