"""Bake, compact, quantise, encode, write, verify and report the tasks of a run."""

import dataclasses
import functools
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hypermask_tf.export.bake import run_source, task_info
from hypermask_tf.export.baseline import Baseline, dense_baseline
from hypermask_tf.export.budget import fit_budget
from hypermask_tf.export.drift import (
    Drift,
    compare_exports,
    read_export,
    split_checkpoint,
)
from hypermask_tf.export.export_options import ExportOptions
from hypermask_tf.export.front_end.for_run import RunFrontEnd
from hypermask_tf.export.front_end.front_end import read_front_end
from hypermask_tf.export.latencies import with_latencies
from hypermask_tf.export.one_file.names import one_file_kinds
from hypermask_tf.export.one_file.settle import OneFiles, settle_folder
from hypermask_tf.export.preparation import (
    check_packages,
    checked_tasks,
    clear_destination,
)
from hypermask_tf.export.publish import publish
from hypermask_tf.export.report import ExportReport, read_good_files
from hypermask_tf.export.sidecar import Sidecar
from hypermask_tf.export.task_data import task_data
from hypermask_tf.export.task_info import TaskInfo
from hypermask_tf.export.task_maker import TaskMaker
from hypermask_tf.export.task_source import TaskSource, scenario_source

if TYPE_CHECKING:
    from hypermask_tf.scenarios import Scenario
    from hypermask_tf.training import RunFolder

OnStep = Callable[[str, int, int], None]


def export_run(
    run: "RunFolder",
    options: ExportOptions | None = None,
    on_step: OnStep = lambda text, done, total: None,
    scenario: "Scenario | None" = None,
) -> ExportReport:
    """Exports tasks of a run into its `export` folder.

    A file is good when it holds its accuracy on the validation data of its task and
    LiteRT runs it on the whole test set without a value that is not finite. Where
    one is not, the next safer recipe takes its place and the report says so. Only
    good files get their name. A run of sounds has one file more, which makes of a wave
    what those of the tasks take. With `overwrite`, the files of an earlier export go
    first, so that none outlives a failure.

    Args:
        run: the run folder.
        options: what to export; `None` for every task as float32.
        on_step: called with a line of text, steps done and steps in all.
        scenario: the tasks; `None` to build them from what the run says of its data.

    Returns:
        The report, also written as `report.json`.

    Raises:
        ValueError: on an unknown task or a damaged checkpoint.
        FileNotFoundError: when the run's checkpoint or data set is missing.
        FileExistsError: when files exist and `overwrite` is false.
        FolderInUseError: when another process exports into the folder.
        ImportError: when a package is missing that a later stage needs.
    """
    from hypermask_tf.training import FolderLock

    options = options or ExportOptions()
    run.check_shared()
    check_packages(options.quantizations)
    on_step("loading the model and the data", 0, 1)
    # Two exports at a time would mix files of the one with JSON of the other.
    with FolderLock(run.export_dir):
        return _export_run(run, options, on_step, scenario)


def _export_run(
    run: "RunFolder",
    options: ExportOptions,
    on_step: OnStep,
    scenario: "Scenario | None",
) -> ExportReport:
    older = _older_files(options.drift_against)
    model = run.load_model()
    scenario = scenario or run.load_scenario(options.data_dir)
    if options.drift_against is not None and scenario.predicts_numbers:
        raise ValueError(
            "Expected files of classes to compare with an older export. Received: "
            f"drift_against={options.drift_against!r}, and tasks that predict a number."
        )
    known = [task for task in model.state.tasks if task < len(scenario.tasks)]
    tasks = checked_tasks(options.tasks, known)
    folder = Path(run.export_dir)
    earlier = one_file_kinds(folder)
    clear_destination(folder, tasks, options.quantizations, options.overwrite)
    export = _Export(run, scenario, options, _Steps(on_step, 2 * len(tasks) + 2))
    with tempfile.TemporaryDirectory(prefix=".unverified_", dir=folder) as work:
        baseline = export.baseline(model, Path(work))
        front_end = export.front_end(tasks, Path(work))
        made = export.maker(model, Path(work)).export(tasks, export.steps)
        del model
        if older is None and options.drift_against is not None:
            older = export.earlier_files(tasks, Path(work))
    kept, misfits = fit_budget(made.sidecars, options.budget_bytes)
    kept = front_end.from_waves(kept)
    front_end.publish(folder, options.latency)
    for sidecar in kept:
        publish(sidecar, folder)
    if options.latency:
        export.steps("measuring latencies")
        kept, baseline = with_latencies(kept, baseline)
        for sidecar in kept:
            publish(sidecar, folder)
    whole = export.one_files(folder, earlier)
    report = ExportReport(
        files=read_good_files(folder),
        written=tuple(sidecar.file for sidecar in kept),
        failed=(*made.failed, *misfits, *front_end.failed, *whole.failed),
        rejected=made.rejected,
        baseline=None if baseline is None else baseline.to_json(),
        drift=tuple(export.drift(older, kept)),
        front_end=read_front_end(folder),
        one_files=whole.descriptions,
        removed=whole.removed,
    )
    report.save(folder)
    return report


class _Steps:
    """Counts steps for a progress bar."""

    def __init__(self, on_step: OnStep, total: int) -> None:
        self._on_step, self._total, self._done = on_step, total, 0

    def __call__(self, text: str) -> None:
        self._done = min(self._done + 1, self._total)
        self._on_step(text, self._done, self._total)


class _Export:
    """The parts of one export that need the run."""

    def __init__(
        self, run: Any, scenario: "Scenario", options: ExportOptions, steps: _Steps
    ) -> None:
        self._run = run
        self._scenario = scenario
        self._options = options
        self._front_end: dict[str, str] = {}
        self.steps = steps

    def front_end(self, tasks: Sequence[int], work: Path) -> RunFrontEnd:
        chosen = [self._scenario.tasks[task] for task in tasks]
        # Files of tasks that are not exported now name it, too.
        anew = self._options.overwrite and self._options.tasks is None
        made = RunFrontEnd.of(chosen, work, Path(self._run.export_dir), anew)
        self._front_end = made.steps
        return made

    def maker(self, model: Any, work: Path) -> TaskMaker:
        source = run_source(self._run, self._scenario)
        entries = self._run.manifest()["scenario"]["tasks"]

        def describe(task: Any, shape: tuple[int, ...], outputs: int) -> TaskInfo:
            info = task_info(task, shape, outputs, source)
            entry = entries[info.index]
            # A version's name in the run says which it is.
            return dataclasses.replace(
                info,
                name=entry.get("version_of", info.name),
                learned=entry.get("version", 1),
                preprocessing={**info.preprocessing, **self._front_end},
            )

        rise = self._options.variant.max_mae_rise

        def task(index: int) -> TaskSource:
            data = functools.partial(task_data, max_mae_rise=rise)
            return scenario_source(self._scenario.tasks[index], data, describe)

        return TaskMaker(model, task, work, self._options)

    def baseline(self, model: Any, work: Path) -> Baseline | None:
        if not self._options.baseline:
            return None
        self.steps("the dense baseline")
        return dense_baseline(model.target, work)

    def one_files(self, folder: Path, earlier: Sequence[str]) -> OneFiles:
        options = self._options
        asked = options.quantizations if options.one_file else ()

        def test(index: int) -> np.ndarray | None:
            try:
                found: np.ndarray = self._scenario.tasks[index].test[0]
            except FileNotFoundError:
                return None  # of an earlier task, whose data may be gone
            return found

        if asked or earlier:
            self.steps("one file for all tasks")
        return settle_folder(folder, asked, earlier, test, options.latency)

    def earlier_files(self, tasks: Sequence[int], work: Path) -> dict[str, bytes]:
        """The files of this run's tasks as they were after an earlier one."""
        _, last = split_checkpoint(self._options.drift_against or "")
        self.steps(f"the same after task {last}")
        model = self._run.load_model(task=last)
        known = [task for task in tasks if task < model.num_learned_tasks]
        made = self.maker(model, work).export(known, lambda text: None)
        return {sidecar.file: sidecar.variant.content for sidecar in made.sidecars}

    def drift(
        self, older: Mapping[str, bytes] | None, sidecars: Sequence[Sidecar]
    ) -> list[Drift]:
        if older is None:
            return []
        newer = {sidecar.file: sidecar.variant.content for sidecar in sidecars}
        tasks = {task.index: task for task in self._scenario.tasks}

        def test(index: int) -> tuple[np.ndarray, np.ndarray, int]:
            return *tasks[index].test, len(tasks[index].classes)

        return compare_exports(older, newer, test)


def _older_files(against: str | None) -> dict[str, bytes] | None:
    """The files to compare with, read before they may be overwritten."""
    if against is None:
        return None
    folder, task = split_checkpoint(against)
    return read_export(folder) if task is None else None
