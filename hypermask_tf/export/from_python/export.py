"""Export tasks of a learner at hand: all files of a call, or none."""

import dataclasses
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hypermask_tf import checks
from hypermask_tf.export.budget import fit_budget
from hypermask_tf.export.examples import Examples
from hypermask_tf.export.export_options import ExportOptions
from hypermask_tf.export.latencies import with_latencies
from hypermask_tf.export.one_file.names import one_file_kinds, one_file_paths
from hypermask_tf.export.one_file.settle import OneFiles, one_files_of
from hypermask_tf.export.preparation import existing
from hypermask_tf.export.publish import publish
from hypermask_tf.export.quantize.recipe import QUANTIZATIONS
from hypermask_tf.export.report import (
    REPORT_NAME,
    ExportReport,
    FailedFile,
    read_good_files,
)
from hypermask_tf.export.task_maker import MadeFiles, TaskMaker
from hypermask_tf.export.task_source import TaskSource


def export_sources(
    model: Any,
    sources: Mapping[int, TaskSource],
    folder: Path,
    options: ExportOptions,
    on_step: Callable[[str], None] = lambda text: None,
) -> ExportReport:
    """Exports tasks into a folder; where it raises, the folder is as before.

    Args:
        model: the learner.
        sources: the tasks, by number.
        folder: where the files go; files of other tasks there stay.
        options: what to export, and how good it must be.
        on_step: called with a line of text for each step.

    Raises:
        ValueError: when a task cannot be converted, or no file of it is good.
        FileExistsError: when files exist and `options.overwrite` is false.
        FolderInUseError: when another process writes to the folder.
    """
    from hypermask_tf.training import FolderLock

    tasks = sorted(sources)
    with FolderLock(folder):
        _check_free(folder, tasks, options)
        with tempfile.TemporaryDirectory(prefix=".unverified_", dir=folder) as work:
            maker = TaskMaker(model, sources.__getitem__, Path(work), options)
            made = maker.export(tasks, on_step)
            kept, misfits = fit_budget(made.sidecars, options.budget_bytes)
            failed = (*made.failed, *misfits)
            if failed:
                raise ValueError(
                    "Expected a good file for each that was asked for. Nothing was "
                    f"written. Received: {_told(failed)}"
                )
            if options.latency:
                on_step("measuring latencies")
                kept, _ = with_latencies(kept, None)
            stage = Path(work, "new")
            stage.mkdir()
            for sidecar in kept:
                publish(sidecar, stage)
            written = tuple(sidecar.file for sidecar in kept)
            stale = []
            if options.overwrite:  # what may take their place goes too
                stale = existing(folder, tasks, QUANTIZATIONS)
            else:
                _refuse(
                    folder, [p for name in written if (p := folder / name).exists()]
                )
            report = _report(folder, stage, stale, made, written)
            whole = _one_files(folder, stage, report, sources, options)
            if whole.failed:
                raise ValueError(f"Nothing was written. {_told(whole.failed)}")
            whole.publish(stage)
            report = dataclasses.replace(
                report, one_files=whole.descriptions, removed=whole.removed
            )
            report.save(stage)
            stale += [p for k in QUANTIZATIONS for p in one_file_paths(folder, k)]
            swap(stage, [*stale, folder / REPORT_NAME], Path(work, "old"))
    for line in (*map(str, made.rejected), *whole.removed):
        checks.warn(line)
    return report


def _told(failed: Sequence[FailedFile]) -> str:
    """Each reason once, with the files it holds for."""
    reasons: dict[tuple[str, ...], list[str]] = {}
    for failure in failed:
        reasons.setdefault(failure.reasons, []).append(failure.file)
    return "; ".join(
        str(FailedFile(", ".join(names), why)) for why, names in reasons.items()
    )


def swap(stage: Path, stale: Sequence[Path], aside: Path) -> None:
    """Puts staged files in the place of others; all of them, or none.

    Args:
        stage: a folder of new files, two levels below the folder that they go to.
        stale: files that go.
        aside: where they lie meanwhile.
    """
    folder = stage.parents[1]
    aside.mkdir()
    moved: list[tuple[Path, Path]] = []
    pairs = [(path, aside / path.name) for path in stale if path.exists()]
    pairs += [(path, folder / path.name) for path in sorted(stage.iterdir())]
    try:
        for source, destination in pairs:
            os.replace(source, destination)
            moved.append((source, destination))
    except BaseException:
        for source, destination in reversed(moved):
            os.replace(destination, source)
        raise
    shutil.rmtree(aside)


def _report(
    folder: Path,
    stage: Path,
    stale: Sequence[Path],
    made: MadeFiles,
    written: tuple[str, ...],
) -> ExportReport:
    gone = {path.name for path in stale}
    kept = [entry for entry in read_good_files(folder) if entry["file"] not in gone]
    files = [*kept, *read_good_files(stage)]
    files.sort(key=lambda entry: (entry["task"]["index"], len(entry["file"])))
    return ExportReport(files=tuple(files), written=written, rejected=made.rejected)


def _one_files(
    folder: Path,
    stage: Path,
    report: ExportReport,
    sources: Mapping[int, TaskSource],
    options: ExportOptions,
) -> OneFiles:
    """Makes the files of all tasks, new and old ones; none has its name yet."""

    def read(name: str) -> bytes:
        staged = stage / name
        return (staged if staged.exists() else folder / name).read_bytes()

    def test(index: int) -> Examples | None:
        return sources[index].data().test[0] if index in sources else None

    asked = options.quantizations if options.one_file else ()
    earlier = one_file_kinds(folder)
    return one_files_of(report.files, asked, earlier, read, test, options.latency)


def _check_free(folder: Path, tasks: Sequence[int], options: ExportOptions) -> None:
    if not options.overwrite:
        _refuse(folder, existing(folder, tasks, options.quantizations))


def _refuse(folder: Path, found: Sequence[Path]) -> None:
    if found:
        raise FileExistsError(
            f"Expected no exported files of these tasks in {folder}. Received: "
            f"{', '.join(path.name for path in found)}. Pass `overwrite=True` to "
            "replace them."
        )
