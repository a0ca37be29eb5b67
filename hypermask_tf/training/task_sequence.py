"""Learns the tasks of a scenario one after the other."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from hypermask_tf.metrics import AccuracyMatrix
from hypermask_tf.scenarios import Scenario, Task
from hypermask_tf.training.batches import batch_rows, first_samples, task_batches
from hypermask_tf.training.best_weights import BestWeights
from hypermask_tf.training.evaluation import task_accuracy
from hypermask_tf.training.first_weights import FirstWeights
from hypermask_tf.training.make_room import make_room
from hypermask_tf.training.network_facts import NetworkFacts, facts_by_task
from hypermask_tf.training.run_folder import RunFolder
from hypermask_tf.training.sequence_checks import (
    check_choice,
    check_growth,
    check_restart,
    check_sizes,
    check_steps,
    check_validation,
)
from hypermask_tf.training.stop_on_non_finite import StopOnNonFinite

MEASURES = ("test", "validation")
INHERITANCE = ("none", "latest", "nearest")
# Of the authors: the rate falls by a factor of about three where validation accuracy
# has not risen for five epochs.
_PLATEAU = {"factor": 0.1**0.5, "patience": 5, "min_lr": 5e-7}


class TaskSequence:
    """Runs `fit` on each task, measures all of them after each, writes it down.

    A task's training data are loaded when it is learned; of the others only what is
    measured is read. After every task the model is saved, and `results.json`
    rewritten.

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
        measure: What accuracies are measured on: `"test"`, or `"validation"`, which
            never reads a test set: settings are to be chosen that way.
        limit_train: Learn from the first so many training samples of each task only;
            0 for all.
        inherit: What a task starts from: `"none"`; a copy of the network of the
            `"latest"` task; or of the `"nearest"`, the one whose features best
            classify the new task's training data.
        grow: Factor, above 1, by which layers widen when a task would not find the
            free units it asks for; 0 for never. `model` is then another object.
        restart: Whether every task starts from the weights the target was built with:
            a network alone for each task, as a baseline. The model then only holds
            the latest one. Tasks not learned yet are not measured.
        select: Which weights a task keeps: the `"last"`, or the `"best"` by validation
            accuracy after each `epoch_steps`.
        plateau: Whether to lower the learning rate where validation accuracy stays:
            by √0.1 after 5 epochs without a rise, down to 5e-7.
        callbacks: Function from a task's index to callbacks for its `fit`.

    Attributes:
        matrix: The `AccuracyMatrix` so far.

    Raises:
        ValueError: If an argument is unknown, steps do not divide evenly, a task has
            fewer samples than a batch, or there is nothing to measure on.
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
        measure: str = "test",
        limit_train: int = 0,
        inherit: str = "none",
        grow: float = 0.0,
        restart: bool = False,
        select: str = "last",
        plateau: bool = False,
        callbacks: Callable[[int], Sequence[keras.callbacks.Callback]] | None = None,
    ) -> None:
        check_steps(steps_per_task, epoch_steps)
        check_choice("measure", measure, MEASURES)
        check_choice("inherit", inherit, INHERITANCE)
        check_growth(grow)
        if restart:
            check_restart(model, grow)
        check_validation(model, scenario, select, plateau)
        for task in scenario:
            check_sizes(task, batch_size, limit_train, measure)
        self.model, self.scenario, self.run = model, scenario, run
        self.steps_per_task, self.epoch_steps = steps_per_task, epoch_steps
        self.batch_size, self.seed = batch_size, seed
        self.measure, self.limit_train, self.inherit = measure, limit_train, inherit
        self.grow, self.select, self.plateau = grow, select, plateau
        self.measure_unseen = measure_unseen and not restart
        self._first = FirstWeights(model.target) if restart else None
        self._callbacks = callbacks or (lambda task: ())
        self.matrix = AccuracyMatrix(scenario.num_tasks)
        self._seconds: list[float] = []
        self._validation: list[float | None] = []
        self._facts: list[NetworkFacts] = []
        self._inherited: list[int | None] = []

    def learn(
        self, on_task_end: Callable[[Task, AccuracyMatrix], None] | None = None
    ) -> AccuracyMatrix:
        """Learns every task and returns the matrix of accuracies.

        Args:
            on_task_end: Called with the task and the matrix after each.

        Raises:
            NonFiniteLossError: If the loss is no longer finite; the checkpoint of
                the task before stays.
        """
        if self.measure_unseen:
            for task in self.scenario:
                self.matrix.record_initial(task.index, self._accuracy(task))
        for task in self.scenario:
            self._learn(task)
            self._facts.append(NetworkFacts.of(self.model, task.index))
            for other in self.scenario:
                self._record(task.index, other)
            if self.run is not None:
                self.run.save_checkpoint(self.model, task.index)
                self.run.write_results(self.results())
            if on_task_end is not None:
                on_task_end(task, self.matrix)
        return self.matrix

    def _learn(self, task: Task) -> None:
        x, y = first_samples(task, self.limit_train)
        rows = batch_rows(
            len(x), self.batch_size, self.steps_per_task, self.seed, task.index
        )
        start = time.perf_counter()
        if self.grow and task.index > 0:
            self.model = make_room(self.model, self.grow)
        parent = self._parent(task.index, x, y)
        if self._first is not None and task.index > 0:
            # Begun before the weights go back: what has ended is written down first.
            self.model.begin_task(task.index)
            self._first.restore()
        self.model.fit(
            task_batches(x, y, rows),
            task=task.index,
            epochs=self.steps_per_task // self.epoch_steps,
            steps_per_epoch=self.epoch_steps,
            shuffle=False,  # the data set shuffles
            callbacks=[
                StopOnNonFinite(task.index),
                *self._validation_callbacks(),
                *self._callbacks(task.index),
            ],
            validation_data=self._validation_data(task),
            verbose=0,
            **({} if parent is None else {"inherit": parent}),
        )
        self._seconds.append(time.perf_counter() - start)
        self._inherited.append(parent)
        x, y = task.validation
        self._validation.append(
            task_accuracy(self.model, task.index, x, y, classes=task.num_classes)
            if len(x)
            else None
        )

    def _validation_data(self, task: Task) -> tuple[np.ndarray, np.ndarray] | None:
        return task.validation if self._validation_callbacks() else None

    def _validation_callbacks(self) -> list[keras.callbacks.Callback]:
        """What looks at validation accuracy while a task is learned."""
        chosen: list[keras.callbacks.Callback] = []
        if self.plateau:
            chosen.append(
                keras.callbacks.ReduceLROnPlateau(
                    "val_accuracy", mode="max", **_PLATEAU
                )
            )
        if self.select == "best":
            chosen.append(BestWeights())
        return chosen

    def _parent(self, task: int, x: np.ndarray, y: np.ndarray) -> int | None:
        """The earlier task whose network `task` starts from."""
        if self.inherit == "none" or task == 0:
            return None
        if self.inherit == "latest":
            return task - 1
        from hypermask_tf.transfer import nearest_task

        return int(nearest_task(self.model, x, y))

    def _record(self, after: int, task: Task) -> None:
        if self._first is not None and task.index < after:
            # That task's network was left behind as it was.
            own = self.matrix.matrix[task.index, task.index]
            self.matrix.record(after, task.index, own)
        elif task.index <= after or self.measure_unseen:
            self.matrix.record(after, task.index, self._accuracy(task))

    def _accuracy(self, task: Task) -> float:
        x, y = task.test if self.measure == "test" else task.validation
        return task_accuracy(self.model, task.index, x, y, classes=task.num_classes)

    def results(self) -> dict[str, Any]:
        """What `results.json` holds; accuracies are fractions, task id known.

        Sizes of a task's network are those right after it was learned.
        """
        validation = [v for v in self._validation if v is not None]
        return {
            "benchmark": self.scenario.name,
            "seed": self.seed,
            "num_tasks": self.scenario.num_tasks,
            "classes_per_task": [task.num_classes for task in self.scenario],
            "measured_on": self.measure,
            **self.matrix.to_dict(),
            "train_seconds_per_task": [round(s, 3) for s in self._seconds],
            "steps_per_task": [self.steps_per_task] * len(self._seconds),
            "validation_accuracy": self._validation,
            "average_validation_accuracy": (
                float(np.mean(validation)) if validation else None
            ),
            "inherited_from": self._inherited,
            **facts_by_task(self._facts),
        }
