"""Tasks of a learner, through all stages."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from hypermask_tf.export.bake import BakedTask, bake_task
from hypermask_tf.export.convert import ConversionJob, convert_files
from hypermask_tf.export.export_options import ExportOptions
from hypermask_tf.export.parallel import default_workers, run_requests
from hypermask_tf.export.quantize.recipe import FLOAT32
from hypermask_tf.export.report import FailedFile
from hypermask_tf.export.sidecar import Sidecar, stem
from hypermask_tf.export.task_files import Rejection, TaskOutcome, TaskRequest
from hypermask_tf.export.task_source import TaskSource

OnStep = Callable[[str], None]


@dataclasses.dataclass(frozen=True)
class MadeFiles:
    """The good files of some tasks, and what else came of them.

    Args:
        sidecars: the good files, by task.
        rejected: recipes that are not good enough for a task.
        failed: files that could not be made at all.
    """

    sidecars: tuple[Sidecar, ...]
    rejected: tuple[Rejection, ...]
    failed: tuple[FailedFile, ...]


class TaskMaker:
    """Takes tasks through the stages that make their files.

    Args:
        model: the `HyperMask` that has learned them.
        tasks: gives a task by its number.
        work: a folder for working files.
        options: what to export.
    """

    def __init__(
        self,
        model: Any,
        tasks: Callable[[int], TaskSource],
        work: Path,
        options: ExportOptions,
    ) -> None:
        self._model = model
        self._tasks = tasks
        self._work = work
        self._options = options
        self._baked: dict[int, BakedTask] = {}

    def export(self, tasks: Sequence[int], on_step: OnStep) -> MadeFiles:
        """Returns the good files of tasks; `on_step` hears of each step."""
        for index in tasks:
            on_step(f"baking task {index}")
            self._baked[index] = bake_task(
                self._model, self._tasks(index), self._work, self._options.compact
            )
        failed: list[FailedFile] = []
        sidecars: list[Sidecar] = []
        rejected: list[Rejection] = []
        workers = self._options.workers or default_workers(len(tasks))
        for outcome in run_requests(self._requests(failed), workers):
            on_step(f"task {outcome.task.index} is verified")
            rejected += outcome.rejected
            sidecars += self._sidecars(outcome)
            failed += [
                FailedFile(stem(r.task, r.quantization) + ".tflite", r.reasons)
                for r in outcome.rejected
                if not r.replaced_by
            ]
        return MadeFiles(
            tuple(sorted(sidecars, key=lambda sidecar: sidecar.baked.info.index)),
            tuple(sorted(rejected, key=lambda rejection: rejection.task)),
            tuple(sorted(failed, key=lambda failure: failure.file)),
        )

    def _requests(self, failed: list[FailedFile]) -> Iterator[TaskRequest]:
        jobs = {_job(baked): baked for baked in self._baked.values()}
        for conversion in convert_files(list(jobs)):
            baked = jobs[conversion.job]
            if conversion.error:
                failed += [
                    FailedFile(
                        stem(baked.info.index, name) + ".tflite", (conversion.error,)
                    )
                    for name in self._options.quantizations
                ]
                continue
            yield TaskRequest(
                task=baked.info,
                content=conversion.job.tflite_path.read_bytes(),
                data=self._tasks(baked.info.index).data(),
                keras=(baked.gate_logits, baked.logits),
                quantizations=self._options.quantizations,
                options=self._options.variant,
            )

    def _sidecars(self, outcome: TaskOutcome) -> list[Sidecar]:
        index = outcome.task.index
        return [
            Sidecar(
                file=stem(index, variant.quantization) + ".tflite",
                baked=self._baked[index],
                variant=variant,
                gate_split=self._baked[index].gate_split,
                stands_for=outcome.stands_for[variant.quantization],
            )
            for variant in outcome.variants
        ]


def _job(baked: BakedTask) -> ConversionJob:
    path, info = baked.model_path, baked.info
    return ConversionJob(
        path, path.with_suffix(".tflite"), FLOAT32, info.input_shape, info.interface
    )
