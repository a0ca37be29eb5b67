"""Bake, convert, verify and publish the tasks of a run."""

import dataclasses
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from export.bake import BakedTask, bake_task, run_source
from export.convert import FLOAT32, ConversionJob, convert_files
from export.publish import verify_and_publish
from export.report import REPORT_NAME, ExportReport, FailedFile, read_good_files
from export.sidecar import stem

if TYPE_CHECKING:
    from hypermask_tf.scenarios import Scenario
    from hypermask_tf.training import RunFolder

OnStep = Callable[[str, int, int], None]


@dataclasses.dataclass(frozen=True)
class ExportOptions:
    """What to export, and how good it must be.

    Args:
        tasks: numbers of the tasks; `None` for all that the run has learned.
        quantizations: how the weights are stored, one file each.
        overwrite: replace files of an earlier export.
        max_accuracy_drop: how much accuracy a file may lose, in 0..1.
        data_dir: where the data sets lie; `None` for the run's own.
        compact: whether to remove what a task's mask switches off.
    """

    tasks: tuple[int, ...] | None = None
    quantizations: tuple[str, ...] = (FLOAT32,)
    overwrite: bool = False
    max_accuracy_drop: float = 0.002
    data_dir: str | None = None
    compact: bool = True


def export_run(
    run: "RunFolder",
    options: ExportOptions = ExportOptions(),
    on_step: OnStep = lambda text, done, total: None,
) -> ExportReport:
    """Exports tasks of a run into its `export` folder.

    Each file is converted under a temporary name, verified on the whole test set
    of its task, and renamed only when it is good. With `overwrite`, the files of an
    earlier export go first, so that none outlives a failure.

    Args:
        run: the run folder.
        options: what to export.
        on_step: called with a line of text, steps done and steps in all.

    Returns:
        The report, also written as `report.json`.

    Raises:
        ValueError: on an unknown task or a damaged checkpoint.
        FileNotFoundError: when the run's checkpoint or data set is missing.
        FileExistsError: when files exist and `overwrite` is false.
    """
    _check_shared(run)
    on_step("loading the model and the data", 0, 1)
    model = run.load_model()
    scenario = run.load_scenario(options.data_dir)
    tasks = _checked_tasks(
        options.tasks, min(model.num_learned_tasks, len(scenario.tasks))
    )
    folder = Path(run.export_dir)
    stems = [stem(task, kind) for task in tasks for kind in options.quantizations]
    _make_room(folder, stems, options.overwrite)
    with tempfile.TemporaryDirectory(prefix=".unverified_", dir=folder) as work:
        baked = []
        for done, index in enumerate(tasks):
            on_step(f"baking task {index}", done, len(tasks) + len(stems))
            task = scenario.tasks[index]
            source = run_source(run, scenario)
            baked.append(bake_task(model, task, source, Path(work), options.compact))
        del model
        failed = _convert_and_publish(baked, scenario, folder, options, on_step)
    missing = {failure.file for failure in failed}
    written = [name for name in (f"{s}.tflite" for s in stems) if name not in missing]
    report = ExportReport(read_good_files(folder), tuple(written), tuple(failed))
    report.save(folder)
    return report


def _convert_and_publish(
    baked: Sequence[BakedTask],
    scenario: "Scenario",
    folder: Path,
    options: ExportOptions,
    on_step: OnStep,
) -> list[FailedFile]:
    jobs = {
        _job(entry, kind): entry for entry in baked for kind in options.quantizations
    }
    failed: list[FailedFile] = []
    steps = len(baked) + len(jobs)
    on_step("converting", len(baked), steps)
    for done, conversion in enumerate(convert_files(list(jobs)), len(baked) + 1):
        entry = jobs[conversion.job]
        # Held until the next round: a task makes its arrays anew for a new holder.
        test = scenario.tasks[entry.info.index].test
        reasons = verify_and_publish(
            conversion, entry, test, folder, options.max_accuracy_drop
        )
        name = conversion.job.tflite_path.name
        if reasons:
            failed.append(FailedFile(name, reasons))
        on_step(f"{name} {'failed' if reasons else 'is good'}", done, steps)
    return failed


def _check_shared(run: "RunFolder") -> None:
    """Refuses a run that keeps no network of its earlier tasks."""
    if run.manifest().get("baseline") == "alone":
        raise ValueError(
            "Expected a run whose last checkpoint holds all of its tasks. Received: a "
            "run with --baseline=alone, where each task has replaced the one before."
        )


def _job(entry: BakedTask, quantization: str) -> ConversionJob:
    name = stem(entry.info.index, quantization) + ".tflite"
    return ConversionJob(
        model_path=entry.model_path,
        tflite_path=entry.model_path.with_name(name),
        quantization=quantization,
        input_shape=entry.info.input_shape,
    )


def _checked_tasks(tasks: Sequence[int] | None, known: int) -> list[int]:
    if known < 1:
        raise ValueError(
            "Expected a run with at least one learned task. Received: a run with "
            "none. Train it first."
        )
    chosen = sorted(set(range(known) if tasks is None else tasks))
    unknown = [task for task in chosen if not 0 <= task < known]
    if unknown or not chosen:
        raise ValueError(
            f"Expected numbers of learned tasks, 0 to {known - 1}. "
            f"Received: tasks={list(tasks or ())}"
        )
    return chosen


def _make_room(folder: Path, stems: Sequence[str], overwrite: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / (name + end) for name in stems for end in (".json", ".tflite")]
    existing = [path for path in paths if path.exists()]
    if existing and not overwrite:
        raise FileExistsError(
            f"Expected no exported files of these tasks in {folder}. Received: "
            f"{', '.join(path.name for path in existing)}. "
            "Pass --overwrite to replace them."
        )
    for path in existing:
        path.unlink()
    if existing:
        (folder / REPORT_NAME).unlink(missing_ok=True)
