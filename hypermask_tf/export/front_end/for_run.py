"""The front end of a run, beside the files of its tasks."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hypermask_tf.export.front_end.front_end import (
    FRONT_END,
    FrontEnd,
    FrontEndError,
    make_front_end,
    read_front_end,
)
from hypermask_tf.export.interpreter import run_tflite
from hypermask_tf.export.measure.latency import measure_latencies
from hypermask_tf.export.report import FailedFile
from hypermask_tf.export.sidecar import Sidecar


@dataclasses.dataclass(frozen=True)
class RunFrontEnd:
    """What an export has to do with a front end; nothing where tasks need none.

    Args:
        tasks: the tasks that are exported.
        made: the front end, where it is good.
        failed: why it is not there, where it should be.
    """

    tasks: Sequence[Any]
    made: FrontEnd | None = None
    failed: tuple[FailedFile, ...] = ()

    @classmethod
    def of(
        cls, tasks: Sequence[Any], work: Path, folder: Path, overwrite: bool
    ) -> "RunFrontEnd":
        """Makes and verifies it; one that is there is kept, unless it is overwritten.

        Args:
            tasks: the tasks that are exported.
            work: a folder for working files.
            folder: where the files of the run lie.
            overwrite: whether to make it anew.
        """
        if "log_mel" not in tasks[0].preprocessing:
            return cls(tasks)
        there = None if overwrite else read_front_end(folder)
        known = None
        if there and there["preprocessing"] == tasks[0].preprocessing:
            known = (folder / FRONT_END).read_bytes()
        try:
            return cls(tasks, make_front_end(tasks, work, known))
        except FrontEndError as error:
            return cls(tasks, failed=(FailedFile(FRONT_END, (str(error),)),))

    @property
    def steps(self) -> dict[str, str]:
        """What `preprocessing` of the tasks says of it."""
        return {} if self.made is None else {"front_end": FRONT_END}

    def publish(self, folder: Path, latency: bool) -> None:
        """Writes it into a folder, with its latency if that is asked for."""
        if self.made is None:
            return
        times = measure_latencies({FRONT_END: self.made.content}) if latency else {}
        made = dataclasses.replace(self.made, latency=times.get(FRONT_END))
        made.publish(folder)

    def from_waves(self, sidecars: Sequence[Sidecar]) -> list[Sidecar]:
        """Runs files of the tasks on its features; their JSON holds the accuracy."""
        if self.made is None:
            return list(sidecars)
        features = self.made.features
        labels = {task.index: task.test[1] for task in self.tasks}
        return [
            dataclasses.replace(
                sidecar,
                from_waves=accuracy(
                    sidecar.variant.content,
                    features[sidecar.baked.info.index],
                    labels[sidecar.baked.info.index],
                    len(sidecar.baked.info.labels),
                ),
            )
            for sidecar in sidecars
        ]


def accuracy(content: bytes, x: np.ndarray, y: np.ndarray, classes: int) -> float:
    """Returns the accuracy of a file in LiteRT, in 0..1."""
    choice = run_tflite(content, x)[..., :classes].argmax(axis=-1)
    return float(np.mean(choice == y))
