"""Finished runs, read from their folders."""

import dataclasses
import glob
import pathlib
import statistics
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

from hypermask_tf.cli.flagfiles import BEFORE, HARMLESS, read_flagfile
from hypermask_tf.training import RunFolder
from hypermask_tf.training.accuracy_matrix import AccuracyMatrix
from hypermask_tf.training.measure import ACCURACY, of_results


@dataclasses.dataclass(frozen=True)
class Run:
    """The choices and the results of one run.

    Args:
        path: Its folder.
        flags: Its flags by name, as text.
        results: What `results.json` holds.
        manifest: What `manifest.json` holds.
    """

    path: pathlib.Path
    flags: dict[str, str]
    results: dict[str, Any]
    manifest: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def settings(self) -> tuple[tuple[str, str], ...]:
        """Every flag that matters but the seed: those that agree are one experiment.

        A run from before there was a flag agrees with one that has what there was.
        """
        ignored = HARMLESS | {"seed"}
        flags = {**BEFORE, **self.flags}
        return tuple(sorted((k, v) for k, v in flags.items() if k not in ignored))

    @property
    def measured_on(self) -> str:
        return self.results.get("measured_on", "test")

    @property
    def learned(self) -> list[float | None]:
        """Accuracy on each task right after it was learned."""
        matrix = AccuracyMatrix.from_dict(self.results).matrix
        return [None if row[i] != row[i] else row[i] for i, row in enumerate(matrix)]

    @property
    def learning_accuracy(self) -> float:
        """Mean accuracy on a task right after it was learned."""
        return statistics.mean(value for value in self.learned if value is not None)

    @property
    def seconds(self) -> float:
        """Time in training, all tasks together."""
        return sum(self.results["train_seconds_per_task"])

    @property
    def device(self) -> str | None:
        """What it was trained on, and by which backend."""
        known = self.manifest.get("hardware", self.manifest.get("device"))
        return f"{known}, {self.manifest['backend']}" if known else None

    @property
    def learned_tasks(self) -> int:
        """Tasks that were learned so far."""
        return len(self.results["train_seconds_per_task"])

    @property
    def finished(self) -> bool:
        """Whether every task was learned."""
        return self.learned_tasks == self.results["num_tasks"]


def read_run(path: pathlib.Path) -> Run:
    """The run in a folder.

    Raises:
        FileNotFoundError: If it has not finished a task.
        ValueError: If a file of it is damaged, or it predicts numbers: accuracies are
            what is compared.
    """
    folder = RunFolder.open(path)
    results = folder.results()
    if of_results(results) is not ACCURACY:
        raise ValueError(
            f"Expected a run that learned classes. Received: {path}, which predicts "
            "numbers."
        )
    return Run(path, read_flagfile(folder.flags()), results, folder.manifest())


def find_runs(patterns: Sequence[str]) -> list[Run]:
    """The runs with results among folders and patterns of folders.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If one predicts numbers.
    """
    paths = sorted({p for pattern in patterns for p in glob.glob(pattern)})
    found = [p for p in map(pathlib.Path, paths) if (p / "results.json").is_file()]
    if not found:
        raise FileNotFoundError(
            f"No finished run among {list(patterns)}. Name folders of apps/train.py"
        )
    runs = [read_run(path) for path in found]
    return [run for run in runs if run.results["average_accuracy"] is not None]


def group(runs: Iterable[Run], key: Callable[[Run], Hashable]) -> list[list[Run]]:
    """Runs with equal keys together, in the order in which they came."""
    groups: dict[Hashable, list[Run]] = {}
    for run in runs:
        groups.setdefault(key(run), []).append(run)
    return list(groups.values())
