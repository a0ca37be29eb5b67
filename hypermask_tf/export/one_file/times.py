"""How long tasks take in one file and in separate ones, and to go from one to another.

All times are of a whole call through Python's signature runner: the inputs are copied
in, the network runs, the outputs are copied out.
"""

import dataclasses
import statistics
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hypermask_tf.export.interpreter import make_interpreter
from hypermask_tf.export.measure.latency import MAX_CALLS, ROUND_SECONDS, ROUNDS
from hypermask_tf.export.one_file.signature import Signature
from hypermask_tf.export.quiet import quiet_stderr
from hypermask_tf.export.saved_model import SIGNATURE

Example = Mapping[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class CallTimes:
    """Times at batch 1 on one thread, in microseconds; medians over rounds.

    Args:
        again: a call of a task that has just run; mean over tasks.
        after_another: a call of a task after another one; all stay loaded.
        first: the first call of a task where others have run; of separate files that
            is to load the file, too.
        all_loaded: to load all there is, and to call each task once.
    """

    again: float
    after_another: float
    first: float
    all_loaded: float


def measure_calls(
    content: bytes, parts: Mapping[str, bytes], rounds: int = ROUNDS
) -> tuple[CallTimes, CallTimes]:
    """Measures a file of all tasks and separate files, in turns.

    Args:
        content: the file of all tasks.
        parts: contents of the separate files, by signature.
        rounds: how often each has its turn.

    Returns:
        The times of the one file, and of the separate ones.
    """
    with quiet_stderr():
        whole = make_interpreter(content)
        kinds = (
            _Calls([Signature(whole, key) for key in parts]),
            _Calls([Signature(make_interpreter(p), SIGNATURE) for p in parts.values()]),
        )
        examples = [example for _, example in kinds[0].calls]
        loads = (
            (lambda: _load_one(content, list(parts), examples)),
            (lambda: _load_separate(list(parts.values()), examples)),
        )
        found: list[list[tuple[float, ...]]] = [[], []]
        for _ in range(rounds):
            for calls, load, rows in zip(kinds, loads, found, strict=True):
                rows.append((calls.again(), calls.after_another(), *load()))
    one, separate = (
        CallTimes(*(1e6 * statistics.median(c) for c in zip(*rows, strict=True)))
        for rows in found
    )
    return one, separate


class _Calls:
    """Calls of tasks that are all loaded."""

    def __init__(self, signatures: Sequence[Signature]) -> None:
        self.calls = [(s, s.example(s.random(None, 1), 0)) for s in signatures]
        self._repeats = 1
        while (
            self.again() * len(self.calls) * self._repeats < ROUND_SECONDS
            and self._repeats < MAX_CALLS
        ):
            self._repeats *= 2

    def again(self) -> float:
        """Returns seconds of a call of the task that was called last."""
        total = 0.0
        for run, example in self.calls:
            run(example)  # the caches hold another task
            start = time.perf_counter()
            for _ in range(self._repeats):
                run(example)
            total += time.perf_counter() - start
        return total / self._repeats / len(self.calls)

    def after_another(self) -> float:
        """Returns seconds of a call of another task than the last one."""
        start = time.perf_counter()
        for _ in range(self._repeats):
            for run, example in self.calls:
                run(example)
        seconds = time.perf_counter() - start
        return seconds / self._repeats / len(self.calls)


def _load_one(
    content: bytes, keys: Sequence[str], examples: Sequence[Example]
) -> tuple[float, float]:
    """Returns seconds of a first call, and of everything until all have run once."""
    start = time.perf_counter()
    interpreter = _loaded(content)
    ends = []
    for key, example in zip(keys, examples, strict=True):
        interpreter.get_signature_runner(key)(**example)
        ends.append(time.perf_counter())
    return (ends[-1] - ends[0]) / (len(ends) - 1), ends[-1] - start


def _load_separate(
    contents: Sequence[bytes], examples: Sequence[Example]
) -> tuple[float, float]:
    start = time.perf_counter()
    kept, ends = [], []
    for content, example in zip(contents, examples, strict=True):
        kept.append(_loaded(content))
        kept[-1].get_signature_runner(SIGNATURE)(**example)
        ends.append(time.perf_counter())
    return (ends[-1] - ends[0]) / (len(ends) - 1), ends[-1] - start


def _loaded(content: bytes) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    return Interpreter(model_content=content, num_threads=1)
