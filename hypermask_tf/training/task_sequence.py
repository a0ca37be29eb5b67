"""Learns the tasks of a scenario one after the other."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from hypermask_tf.metrics import AccuracyMatrix
from hypermask_tf.scenarios import Scenario, Task
from hypermask_tf.training.batches import task_batches
from hypermask_tf.training.evaluation import task_accuracy
from hypermask_tf.training.run_folder import RunFolder
from hypermask_tf.training.stop_on_non_finite import StopOnNonFinite


class TaskSequence:
    """Runs `fit` on each task, measures all of them after each, writes it down.

    A task's data are loaded when it is learned; only test sets are read again
    later. After every task the model is saved, and `results.json` rewritten.

    Args:
        model: A compiled `HyperMask`.
        scenario: What to learn.
        run: Where to write, or None to write nothing.
        steps_per_task: Optimizer steps on each task.
        batch_size: Samples per step.
        seed: Seed of the order of samples.
        epoch_steps: Steps after which logs are written; divides `steps_per_task`.
        measure_unseen: Whether to measure tasks before they are learned too, as
            forward transfer needs.
        callbacks: Function from a task's index to callbacks for its `fit`.

    Attributes:
        matrix: The `AccuracyMatrix` so far.

    Raises:
        ValueError: If steps do not divide evenly, or a task has fewer samples than a
            batch.
    """

    def __init__(
        self,
        model: Any,
        scenario: Scenario,
        run: RunFolder | None = None,
        *,
        steps_per_task: int = 1000,
        batch_size: int = 128,
        seed: int = 1,
        epoch_steps: int = 100,
        measure_unseen: bool = True,
        callbacks: Callable[[int], Sequence[keras.callbacks.Callback]] | None = None,
    ) -> None:
        if steps_per_task % epoch_steps:
            raise ValueError(
                "`steps_per_task` must be a multiple of `epoch_steps`. Received: "
                f"steps_per_task={steps_per_task}, epoch_steps={epoch_steps}"
            )
        for task in scenario:
            if task.sizes["train"] < batch_size:
                raise ValueError(
                    "A batch must not be larger than a task's training data. Received: "
                    f"batch_size={batch_size}, {task.name} has {task.sizes['train']}"
                )
        self.model, self.scenario, self.run = model, scenario, run
        self.steps_per_task, self.epoch_steps = steps_per_task, epoch_steps
        self.batch_size, self.seed = batch_size, seed
        self.measure_unseen = measure_unseen
        self._callbacks = callbacks or (lambda task: ())
        self.matrix = AccuracyMatrix(scenario.num_tasks)
        self._seconds: list[float] = []
        self._validation: list[float | None] = []

    def learn(
        self, on_task_end: Callable[[Task, AccuracyMatrix], None] | None = None
    ) -> AccuracyMatrix:
        """Learns every task and returns the matrix of test accuracies.

        Args:
            on_task_end: Called with the task and the matrix after each.

        Raises:
            NonFiniteLossError: If the loss is no longer finite; the checkpoint of
                the task before stays.
        """
        if self.measure_unseen:
            for task in self.scenario:
                self.matrix.record_initial(task.index, self._test(task))
        for task in self.scenario:
            self._learn(task)
            for other in self.scenario:
                if other.index <= task.index or self.measure_unseen:
                    self.matrix.record(task.index, other.index, self._test(other))
            if self.run is not None:
                self.run.save_checkpoint(self.model, task.index)
                self.run.write_results(self.results())
            if on_task_end is not None:
                on_task_end(task, self.matrix)
        return self.matrix

    def _learn(self, task: Task) -> None:
        x, y = task.train
        # A large prime keeps the seeds of runs and tasks apart.
        batches = task_batches(
            x, y, self.batch_size, seed=self.seed * 100_003 + task.index
        )
        start = time.perf_counter()
        self.model.fit(
            batches,
            task=task.index,
            epochs=self.steps_per_task // self.epoch_steps,
            steps_per_epoch=self.epoch_steps,
            shuffle=False,  # the data set shuffles
            callbacks=[StopOnNonFinite(task.index), *self._callbacks(task.index)],
            verbose=0,
        )
        self._seconds.append(time.perf_counter() - start)
        x, y = task.validation
        self._validation.append(
            task_accuracy(self.model, task.index, x, y) if len(x) else None
        )

    def _test(self, task: Task) -> float:
        x, y = task.test
        return task_accuracy(self.model, task.index, x, y)

    def results(self) -> dict[str, Any]:
        """What `results.json` holds; accuracies are fractions, task id known."""
        validation = [v for v in self._validation if v is not None]
        return {
            "benchmark": self.scenario.name,
            "seed": self.seed,
            "num_tasks": self.scenario.num_tasks,
            "classes_per_task": [task.num_classes for task in self.scenario],
            **self.matrix.to_dict(),
            "train_seconds_per_task": [round(s, 3) for s in self._seconds],
            "steps_per_task": [self.steps_per_task] * len(self._seconds),
            "validation_accuracy": self._validation,
            "average_validation_accuracy": (
                float(np.mean(validation)) if validation else None
            ),
        }
