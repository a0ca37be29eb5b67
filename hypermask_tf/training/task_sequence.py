"""Learns the tasks of a scenario one after the other."""

import contextlib
import time
from collections.abc import Callable
from typing import Any

from hypermask_tf.scenarios import Scenario, Task
from hypermask_tf.training.accuracy_matrix import AccuracyMatrix
from hypermask_tf.training.batches import (
    as_learned,
    balanced_weights,
    first_samples,
)
from hypermask_tf.training.checkpointer import Checkpointer
from hypermask_tf.training.first_weights import FirstWeights
from hypermask_tf.training.grow_when_full import without_advice
from hypermask_tf.training.last_epoch import LastEpoch
from hypermask_tf.training.load_learner import load_learner
from hypermask_tf.training.measure import of_scenario
from hypermask_tf.training.measuring import Measuring
from hypermask_tf.training.network_stats import NetworkStats
from hypermask_tf.training.position import Position
from hypermask_tf.training.prepare_task import prepare_task
from hypermask_tf.training.progress import Progress
from hypermask_tf.training.resumable import collect, restore_callbacks
from hypermask_tf.training.run_folder import RunFolder
from hypermask_tf.training.sequence_options import SequenceOptions
from hypermask_tf.training.task_fit import fit_task
from hypermask_tf.training.training_stopped import TrainingStopped


class TaskSequence:
    """Runs `fit` on each task, measures all of them after each, writes it down.

    A task's training data are loaded when it is learned; of the others only what is
    measured is read. The run is saved after every task and within long ones: after
    `restore`, `learn` goes on as if it had never stopped. From either until `learn`
    ends, no other process may write to the run. The learner calls its tasks what the
    scenario does.

    Args:
        model: A compiled `HyperMask`, as it was built.
        scenario: What to learn.
        run: Where to write, or None to write nothing.
        **options: The choices of `SequenceOptions`, by name.

    Attributes:
        model: The learner; another object after `restore`, or when it grows.
        stop_asked: Set it, from a signal handler for instance, to end `learn` at the
            next moment at which nothing is lost.

    Raises:
        ValueError: If an option is out of range, a task has fewer samples than a
            batch, two have one name, or there is nothing to measure on.
    """

    def __init__(
        self,
        model: Any,
        scenario: Scenario,
        run: RunFolder | None = None,
        **options: Any,
    ) -> None:
        self.options = SequenceOptions(**options)
        self.options.check(model, scenario)
        self.model, self.scenario, self.run = model, scenario, run
        self.stop_asked = False
        self._lock = None if run is None else run.lock()
        self._first = FirstWeights(model.target) if self.options.restart else None
        self._progress = Progress.start(scenario.num_tasks, of_scenario(scenario))
        self._measuring = Measuring(scenario, self.options, self._stop_if_asked)

    @property
    def matrix(self) -> AccuracyMatrix:
        """The accuracies so far."""
        return self._progress.record.matrix

    @property
    def position(self) -> Position:
        """The next thing to do."""
        return self._progress.position

    def restore(self) -> Position:
        """Takes the last good checkpoint of the run; returns where it goes on.

        A learner with room for fewer tasks than the scenario has is extended.

        Raises:
            ValueError: If the checkpoint holds more tasks than the scenario, or there
                is no run folder.
            FolderInUseError: If another process writes to the run.
        """
        if self.run is None or self._lock is None:
            raise ValueError("`restore` needs the folder of a run. Received: run=None")
        self._lock.acquire()
        try:
            return self._restore(self.run)
        except BaseException:
            self._lock.release()
            raise

    def _restore(self, run: RunFolder) -> Position:
        run.remove_leftovers()
        saved = run.checkpoints.latest()
        if saved is not None:
            tasks = self.scenario.num_tasks
            self.model = load_learner(saved, self.model, tasks, self.options.seed)
            self._progress = Progress.of(saved, tasks)
            if not self.position.running:
                # A process may have been killed before it came to these.
                run.checkpoints.keep_running(0)
                run.write_results(self.results())
        run.checkpoints.remove_after(self.position)
        return self.position

    def learn(
        self, on_task_end: Callable[[Task, AccuracyMatrix], None] | None = None
    ) -> AccuracyMatrix:
        """Learns every task that is still to come; returns the matrix of accuracies.

        Args:
            on_task_end: Called with the task and the matrix after each.

        Raises:
            NonFiniteLossError: If the loss is no longer finite; the checkpoint of
                the task before stays.
            TrainingStopped: If `stop_asked` was set.
            FolderInUseError: If another process writes to the run.
        """
        with self._lock or contextlib.nullcontext():
            self._learn_all(on_task_end)
        return self.matrix

    def _learn_all(
        self, on_task_end: Callable[[Task, AccuracyMatrix], None] | None
    ) -> None:
        if self.position == Position():
            self._measuring.before(self.model, self.matrix)
        for task in self.scenario[self.position.task :]:
            self._stop_if_asked()
            if self.position.epoch < self.options.epochs:
                self._learn(task)
            scores = self._measuring.after(self.model, task, self.matrix)
            self._progress.record.score(scores)
            self._end(task)
            if self.run is not None:
                self._save()
                self.run.checkpoints.keep_running(0)
                self.run.write_results(self.results())
            if on_task_end is not None:
                on_task_end(task, self.matrix)

    def _learn(self, task: Task) -> None:
        options, progress = self.options, self._progress
        began = time.perf_counter() - progress.seconds
        x, y = as_learned(task, first_samples(task, options.limit_train))
        epoch = self.position.epoch
        for known in self.scenario[: task.index + 1]:
            # All of them: a checkpoint of an earlier version has no names.
            if not self.model.state.is_forgotten(known.index):
                self.model.rename_task(known.index, known.name)
        outputs = None
        if epoch == 0:
            self.model, progress.parent, outputs = prepare_task(
                self.model, options, self._first, task.index, x, y, task.num_classes
            )
        callbacks = options.make_callbacks(task.index, self.matrix.measure)
        balanced = options.class_weight == "balanced"
        last = LastEpoch()
        if progress.callbacks is not None:
            restore_callbacks(callbacks, progress.callbacks)

        def save(epoch: int) -> None:
            progress.position = Position(task.index, epoch)
            progress.seconds = time.perf_counter() - began
            progress.callbacks = collect(callbacks)
            self._save()

        checkpointer = Checkpointer(
            save, options.checkpoints, options.epochs, lambda: self.stop_asked
        )
        with without_advice(options.grow):
            fit_task(
                self.model,
                x,
                y,
                options.rows(len(x), task.index),
                task=task.index,
                epoch_steps=options.epoch_steps,
                initial_epoch=epoch,
                callbacks=[*callbacks, last, checkpointer],
                validation_data=as_learned(task, task.validation)
                if options.validates
                else None,
                classes=task.num_classes,
                inherit=progress.parent if epoch == 0 else None,
                num_classes=outputs,
                loop=options.loop,
                weights=balanced_weights(y) if balanced else None,
            )
        if checkpointer.stopped:
            raise TrainingStopped(self.position)
        progress.position = Position(task.index, options.epochs)
        progress.steps = last.epochs * options.epoch_steps
        progress.seconds = time.perf_counter() - began
        progress.callbacks = None

    def _end(self, task: Task) -> None:
        """Notes what is known of a task that was learned, and turns to the next."""
        self._progress.record.add(
            seconds=self._progress.seconds,
            steps=self._progress.steps or self.options.steps_per_task,
            validation=self._measuring.validation(self.model, task),
            inherited=self._progress.parent,
            stats=NetworkStats.of(self.model, task.index),
        )
        self._progress.end_task()

    def _save(self) -> None:
        if self.run is not None:
            self.run.checkpoints.save(
                self.position,
                self.model,
                self._progress.state(self.results()),
                self._progress.arrays(),
            )
            self.run.checkpoints.keep_running(self.options.checkpoints.keep)

    def _stop_if_asked(self) -> None:
        if self.stop_asked:
            if self.position.epoch == self.options.epochs:
                self._save()  # learned, and not measured yet
            raise TrainingStopped(self.position)

    def results(self) -> dict[str, Any]:
        """What `results.json` holds; accuracies are fractions, task id known.

        Sizes of a task's network are those right after it was learned.
        """
        return {
            "benchmark": self.scenario.name,
            "seed": self.options.seed,
            "num_tasks": self.scenario.num_tasks,
            "task_names": [task.name for task in self.scenario],
            "classes_per_task": [task.num_classes for task in self.scenario],
            "measured_on": self.options.measure,
            **self._progress.record.to_dict(),
        }
