"""Tries every combination of some flags of apps/train.py, each with several seeds.

    python apps/sweep.py --flagfile=apps/recipes/split_digits.flags \
        --grid='sparsity=80|90;hidden=200|400,400' --seeds=1,2 --sweep_dir=sweeps/x

Every flag of apps/train.py sets what does not vary. Each run is a process and a folder
of its own; called again, a sweep goes on where it stopped. It leaves `sweep.json`, a
table `sweep.md` and a picture `sweep.png`.

Accuracies are measured on validation data. Whoever picks the best of many settings by
their test accuracy has fitted the settings to the test set, and reports the luck of the
winner along with its merit. `--measure=test` is taken from the command line only.

The exit status is 0 only if every run is
there; 1 if one failed; 2, with one line on standard error, for a mistake in the call.
"""

import concurrent.futures
import pathlib
import re
import sys
from collections.abc import Iterator, Sequence

from absl import flags
from rich.console import Console

from hypermask_tf import files
from hypermask_tf.cli import command, paths
from hypermask_tf.cli import train_flags as f
from hypermask_tf.cli.progress import make_progress
from hypermask_tf.cli.runs import Run
from hypermask_tf.cli.sweep_grid import (
    Point,
    make_points,
    parse_grid,
    point_flagfile,
)
from hypermask_tf.cli.sweep_plot import plot_sweep
from hypermask_tf.cli.sweep_report import summarise, sweep_table
from hypermask_tf.cli.sweep_runs import SweepRun
from hypermask_tf.training import FolderLock

_GRID = flags.DEFINE_string(
    "grid",
    None,
    "Flags and the values to try: 'sparsity=80|90;hidden=400,400|800,800'.",
)
_SEEDS = flags.DEFINE_list("seeds", ["1"], "Seeds that every point is trained with.")
_SWEEP_DIR = paths.define_path("sweep_dir", None, "Folder to write the sweep to.")
_JOBS = flags.DEFINE_integer("jobs", 1, "Runs at the same time.", lower_bound=1)
flags.register_validator("grid", bool, message="Pass a grid: --grid='sparsity=80|90'")
flags.register_validator(
    "sweep_dir", bool, message="Pass a folder for the sweep: --sweep_dir=sweeps/x"
)
flags.register_validator(
    "seeds",
    lambda seeds: (
        bool(seeds)
        and all(seed.strip().isdigit() for seed in seeds)
        and len(set(seeds)) == len(seeds)
    ),
    message="Expected different seeds such as 1,2,3",
)


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    _check_measure(sys.argv[1:])
    grid = parse_grid(str(_GRID.value))
    with FolderLock(str(_SWEEP_DIR.value)):
        return _sweep(grid)


def _sweep(grid: dict[str, list[str]]) -> int:
    sweep = _Sweep(grid, make_points(grid, flags.FLAGS), [*map(int, _SEEDS.value)])
    with make_progress(Console()) as progress:
        total = len(sweep.wanted)
        bar = progress.add_task("runs", total=total, figures="")
        progress.update(bar, completed=total - len(sweep.missing))
        for run, reason in _train(sweep.missing):
            told = sweep.take(run, reason)
            progress.console.print(f"{run.title}: {told}", markup=False)
            progress.update(bar, advance=1)
            sweep.write()
    print(sweep.write())
    return command.FAILED if sweep.failed else 0


class _Sweep:
    """What is wanted, what is there, what failed."""

    def __init__(
        self, grid: dict[str, list[str]], points: list[Point], seeds: list[int]
    ) -> None:
        self.grid, self.points, self.seeds = grid, points, sorted(seeds)
        self.folder = pathlib.Path(str(_SWEEP_DIR.value))
        # By seed first: a sweep that is stopped early has seen every point.
        self.wanted = [self._run(p, seed) for seed in self.seeds for p in points]
        self.runs: dict[Point, list[Run]] = {}
        self.failed: dict[Point, dict[int, str]] = {}
        self.missing = [run for run in self.wanted if not self._add(run)]

    def _run(self, point: Point, seed: int) -> SweepRun:
        text = point_flagfile(point, flags.FLAGS, seed)
        return SweepRun(point, seed, text, self.folder, f.DATA_DIR.value)

    def _add(self, one: SweepRun) -> Run | None:
        run = one.finished()
        if run is not None:
            self.runs.setdefault(one.point, []).append(run)
        return run

    def take(self, one: SweepRun, reason: str | None) -> str:
        """Notes a run that has ended; returns how."""
        run = self._add(one) if reason is None else None
        if run is not None:
            return f"accuracy {100 * run.results['average_accuracy']:.2f} %"
        reason = reason or "it left no results"
        self.failed.setdefault(one.point, {})[one.seed] = reason
        return reason

    def write(self) -> str:
        """Writes what is known by now; returns the table."""
        summary = summarise(
            self.grid,
            self.points,
            self.seeds,
            self.runs,
            self.failed,
            f.MEASURE.value,
        )
        files.write_json(self.folder / "sweep.json", summary)
        table = sweep_table(summary)
        files.write_text(self.folder / "sweep.md", table + "\n")
        plot_sweep(summary, self.folder / "sweep.png")
        return table


def _train(runs: Sequence[SweepRun]) -> Iterator[tuple[SweepRun, str | None]]:
    """Trains `--jobs` runs at a time; gives each, and why it failed or None."""
    executor = concurrent.futures.ThreadPoolExecutor(_JOBS.value)
    try:
        waiting = {executor.submit(run.train): run for run in runs}
        for done in concurrent.futures.as_completed(waiting):
            yield waiting[done], done.result()
    finally:
        # Interrupted: runs that have not begun do not begin.
        executor.shutdown(cancel_futures=True)


def _check_measure(arguments: Sequence[str]) -> None:
    """Raises a ValueError if test data would be used without being asked for."""
    asked = any(re.match(r"--?measure(=|$)", argument) for argument in arguments)
    if f.MEASURE.value == "test" and not asked:
        raise ValueError(
            "A sweep chooses settings, and settings chosen on test data make the test "
            "accuracy of the chosen one too good. Received: --measure=test from a "
            "flagfile. Pass --measure=validation, or --measure=test on the command "
            "line itself if you do not choose by it"
        )


# `--help` lists the flags of the training command too: all of them are understood.
flags.adopt_module_key_flags(f)
flags.adopt_module_key_flags(command)
flags.set_default(f.MEASURE, "validation")
