"""How a sequence of tasks is learned and measured."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from hypermask_tf.scenarios import Scenario
from hypermask_tf.tasks.task_names import TaskNames
from hypermask_tf.training.batches import batch_rows
from hypermask_tf.training.best_weights import BestWeights
from hypermask_tf.training.checkpoint_plan import CheckpointPlan
from hypermask_tf.training.measure import ACCURACY, Measure
from hypermask_tf.training.parents import INHERITANCE
from hypermask_tf.training.patience import Patience
from hypermask_tf.training.plateau import Plateau
from hypermask_tf.training.sequence_checks import (
    CLASS_WEIGHTS,
    LOOPS,
    at_hand,
    check_can_grow,
    check_choice,
    check_device_loop,
    check_growth,
    check_of_numbers,
    check_patience,
    check_restart,
    check_sizes,
    check_steps,
    check_validation,
    check_weights,
)

MEASURES = ("test", "validation")


@dataclasses.dataclass(frozen=True)
class SequenceOptions:
    """The choices of a `TaskSequence`.

    Args:
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
            `"latest"` task; of the `"nearest"`, the one whose features best
            classify the new task's training data; or of the task of an index.
        grow: Factor, above 1, by which layers widen when a task would not find the
            free units it asks for; 0 for never. The learner is then another object.
        restart: Whether every task starts from the weights the target was built with:
            a network alone for each task, as a baseline. The model then only holds
            the latest one. Tasks not learned yet are not measured.
        select: Which weights a task keeps: the `"last"`, or the `"best"` by validation
            accuracy after each `epoch_steps`.
        plateau: Whether to lower the learning rate where validation accuracy stays,
            see `Plateau`.
        patience: End a task after so many epochs of `epoch_steps` without a better
            validation accuracy, and keep the best weights; 0 for all steps.
        class_weight: `"none"`, or `"balanced"`: every class of a task counts the same
            in the loss, however few samples it has.
        loop: What feeds the steps, `"fit"` or `"device"`; see `fit_task`.
        checkpoints: When to save within a task.
        callbacks: Function from a task's index to callbacks for its `fit`. One that
            remembers things goes on with them if it is `Resumable`.

    Raises:
        ValueError: If an argument is unknown or steps do not divide evenly.
    """

    steps_per_task: int = 1000
    batch_size: int = 128
    seed: int = 1
    epoch_steps: int = 100
    measure_unseen: bool = True
    measure: str = "test"
    limit_train: int = 0
    inherit: str | int = "none"
    grow: float = 0.0
    restart: bool = False
    select: str = "last"
    plateau: bool = False
    patience: int = 0
    class_weight: str = "none"
    loop: str = "fit"
    checkpoints: CheckpointPlan = dataclasses.field(default_factory=CheckpointPlan)
    callbacks: Callable[[int], Sequence[keras.callbacks.Callback]] | None = None

    def __post_init__(self) -> None:
        check_steps(self.steps_per_task, self.epoch_steps)
        check_choice("measure", self.measure, MEASURES)
        if isinstance(self.inherit, str):
            check_choice("inherit", self.inherit, INHERITANCE)
        check_choice("loop", self.loop, LOOPS)
        check_choice("class_weight", self.class_weight, CLASS_WEIGHTS)
        check_weights(self.class_weight, self.loop)
        check_patience(self.patience)
        check_growth(self.grow)

    @property
    def epochs(self) -> int:
        """Epochs of a task."""
        return self.steps_per_task // self.epoch_steps

    @property
    def validates(self) -> bool:
        """Whether something is chosen on validation data while a task is learned."""
        return self.plateau or self.keeps_best

    @property
    def keeps_best(self) -> bool:
        """Whether a task goes back to its best weights."""
        return self.select == "best" or self.patience > 0

    def rows(self, samples: int, task: int) -> npt.NDArray[np.int32]:
        """What each step of a task sees, see `batch_rows`."""
        return batch_rows(
            samples, self.batch_size, self.steps_per_task, self.seed, task
        )

    def check(self, model: Any, scenario: Scenario) -> None:
        """Raises a ValueError if `model` cannot learn `scenario` this way."""
        if self.restart:
            check_restart(model, self.grow)
        if self.grow:
            check_can_grow(model)
        if self.loop == "device":
            check_device_loop(model)
        present = at_hand(scenario)
        check_validation(model, present, self.select, self.plateau, self.patience)
        if scenario.predicts_numbers:
            check_of_numbers(self.class_weight, self.inherit, model)
        names = TaskNames(scenario.num_tasks)
        for task in scenario:
            names.give(task.index, task.name)
        for task in present:
            check_sizes(task, self.batch_size, self.limit_train, self.measure)

    def make_callbacks(
        self, task: int, measure: Measure = ACCURACY
    ) -> list[keras.callbacks.Callback]:
        """What watches over a task while it is learned, in a fixed order."""
        chosen: list[keras.callbacks.Callback] = []
        if self.plateau:
            chosen.append(Plateau(measure))
        if self.keeps_best:
            chosen.append(BestWeights(measure.monitor, measure.mode))
        if self.patience:
            chosen.append(Patience(self.patience, measure))
        return [*chosen, *(self.callbacks(task) if self.callbacks else ())]
