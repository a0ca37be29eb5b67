"""What a learner is made of, and what the network of each of its tasks is."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from hypermask_tf.base import Base
from hypermask_tf.hypernetworks import DriftPenalty, Hypernetwork
from hypermask_tf.hypernetworks.budget import check_budget
from hypermask_tf.masks import Masks, TaskMask, UnitLayout, UnitMasks, find_roles
from hypermask_tf.masks.roles import Maskable, Roles
from hypermask_tf.normalization import NormalizationBank
from hypermask_tf.own_width import OwnWidthError, OwnWidthTarget, make_own_width
from hypermask_tf.protection import Protection
from hypermask_tf.surgery.network import Network
from hypermask_tf.tasks.counters import Counters, int32, number
from hypermask_tf.tasks.masked_target import MaskedTarget
from hypermask_tf.tasks.task_masks import TaskMasks
from hypermask_tf.tasks.task_memory import TaskMemory
from hypermask_tf.tasks.task_names import TaskLike, TaskNames

Tensor = Any


class LearnerState:
    """The parts of a learner: what growth, transfer and capacity work on.

    Args:
        target, masks, protection, hypernetwork, normalization, maskable: As in
            `HyperMask`.
        num_tasks: Capacity in tasks.
        own_head: Whether each task has a last layer of its own.
        add_weight: Makes the counters, see `Counters`.
        base: As in `HyperMask`; the target is what it has prepared.

    Attributes:
        roles: Which role each variable of the target plays.
        layout: What scores mean for the variables of the target.
        bank: What belongs to a task alone: normalisation, perhaps the head.
        memory: What protects earlier tasks.
        network: The target with the values of a task.
        task_masks: From tasks to masks.
        counters: Where the learner stands.
        names: What the tasks are called.
        drifts: Whether masks of earlier tasks can drift, and are penalised for it.
        dense_fallback_reason: Why a training step computes the whole target; "" if it
            computes the units that are on.
    """

    def __init__(
        self,
        target: keras.Model,
        num_tasks: int,
        masks: Masks,
        protection: Protection,
        hypernetwork: Hypernetwork,
        own_head: bool,
        normalization: str,
        maskable: Maskable,
        add_weight: Callable[..., Any],
        base: Base | None = None,
    ) -> None:
        self.target, self.num_tasks = target, num_tasks
        self.masks, self.protection = masks, protection
        self.hypernetwork = hypernetwork
        self.roles = find_roles(target, maskable)
        if base is not None:
            self.roles = self.roles.all_own()
        # First what may be refused: a hypernetwork can be made part of a learner once.
        _check_nothing_shared(self.roles, normalization, protection)
        self.layout = masks.layout(target, self.roles, protection.tracks_use)
        scores = self.layout.num_scores
        check_budget(hypernetwork, num_tasks, scores)
        hypernetwork.create(num_tasks, scores)
        drift = hypernetwork.drift or DriftPenalty()
        # Where masks are held as they were, drift of the hypernetwork is harmless.
        self.drifts = (
            hypernetwork.shared and drift.strength > 0 and not protection.freezes
        )
        self.drift_penalty = drift
        self.bank = NormalizationBank(
            target, self.roles, num_tasks, normalization, own_head, name="norms"
        )
        self.memory = TaskMemory(
            target,
            [
                not (norm or (head and own_head) or self.roles.own)
                for norm, head in zip(
                    self.roles.normalization, self.roles.head, strict=True
                )
            ],
            num_tasks,
            scores,
            keep_scores=self.drifts or protection.freezes,
            keep_support=self.layout.over_units or self.roles.own,
            protection=protection,
            name="memory",
        )
        self.network = MaskedTarget(
            target,
            self.memory,
            self.bank,
            self.roles.statistics,
            self.make_compact_forward(),
        )
        self.task_masks = TaskMasks(hypernetwork, self.layout, self.memory, drift)
        self.counters = Counters(add_weight)
        self.names = TaskNames(num_tasks)

    @property
    def has_capacity(self) -> bool:
        """Whether tasks take of something that runs out, and it is known how much."""
        return bool(self.memory.used)

    @property
    def forgets_exactly(self) -> bool:
        """Whether it is known what a task alone uses, and no other task changes."""
        known = self.layout.over_units or self.roles.own
        return known and self.protection.freezes

    @property
    def unit_layout(self) -> UnitLayout:
        """The layout of masks over units.

        Raises:
            ValueError: If masks are over something else.
        """
        if not isinstance(self.layout, UnitLayout):
            raise ValueError(
                "Only units can be added, copied or told free: this needs "
                f"`masks=UnitMasks()`. Received: masks={self.masks!r}"
            )
        return self.layout

    def make_compact_forward(self) -> OwnWidthTarget | None:
        """The target at a task's own width, or None and the reason."""
        self.dense_fallback_reason = ""
        try:
            if not isinstance(self.layout, UnitLayout):
                raise OwnWidthError("masks are not over units")
            if isinstance(self.masks, UnitMasks) and not self.masks.compact_forward:
                raise OwnWidthError("`compact_forward` is off")
            if self.masks.ramp_steps:
                raise OwnWidthError("the sparsity rises over `ramp_steps`")
            return make_own_width(self.target, self.layout, self.layout.counts.final())
        except OwnWidthError as reason:
            self.dense_fallback_reason = str(reason)
            return None

    @property
    def num_learned_tasks(self) -> int:
        """Tasks that have begun, the one being learned included."""
        return number(self.counters.current) + 1

    @property
    def num_finished_tasks(self) -> int:
        """Tasks that are closed: all but the one being learned."""
        return number(self.counters.finished)

    @property
    def tasks(self) -> tuple[int, ...]:
        """Indices of the tasks that have begun and were not forgotten."""
        learned = range(self.num_learned_tasks)
        if self.memory.support is None:
            return tuple(learned)
        # In NumPy: `ops.any` of a variable is refused by JAX.
        there = np.any(ops.convert_to_numpy(self.memory.support), axis=1)
        there[self.num_finished_tasks :] = True  # not yet written down
        return tuple(task for task in learned if there[task])

    def is_forgotten(self, task: int) -> bool:
        """Whether a task was removed: it is closed, and made of nothing."""
        if self.memory.support is None or task >= self.num_finished_tasks:
            return False
        return not bool(ops.any(self.memory.support[task]))

    def index(self, task: TaskLike) -> int:
        """Index of a task, from its index or its name.

        Raises:
            TypeError: If it is neither.
            ValueError: If it is beyond capacity or was forgotten, or no task has that
                name.
        """
        index = self.names.index(task, lambda: self.tasks)
        if self.is_forgotten(index):
            raise ValueError(
                f"Task {index} was forgotten. The next task to begin is "
                f"{self.num_learned_tasks}. Received: task={task!r}"
            )
        return index

    def index_to_learn(self, task: TaskLike) -> int:
        """The same, where a new name is that of the next task.

        Raises:
            TypeError: If it is neither an index nor a name.
            ValueError: If it is beyond capacity, or a task cannot have that name.
        """
        if not isinstance(task, str) or self.names.find(task) is not None:
            return self.index(task)
        learned = self.num_learned_tasks
        self.names.check_new(task, learned)
        return self.index(learned)

    def ramp(self, task: Tensor) -> Tensor | None:
        """Share of the sparsity that `task` has, or None where it never changes.

        It belongs to the first task for good: if that ended before the ramp did, its
        mask must not change when the next one begins.
        """
        if not self.masks.ramp_steps:
            return None
        steps = ops.cast(ops.maximum(int32(self.counters.first_steps), 1), "float32")
        risen = ops.minimum(steps / self.masks.ramp_steps, 1.0)
        return ops.where(ops.equal(task, 0), risen, 1.0)

    def mask_at(self, task: Tensor) -> TaskMask:
        """The mask of a task, an int32 scalar."""
        finished, written = int32(self.counters.finished), int32(self.counters.written)
        scores = self.task_masks.scores(task, written)
        return self.task_masks.mask(scores, task, finished, self.ramp(task), written)

    def mask_of(self, task: int) -> TaskMask:
        """The mask of a task."""
        return self.mask_at(ops.convert_to_tensor(task, dtype="int32"))

    def units_on(self, task: int) -> np.ndarray:
        """Which scores of `task` are on, group by group; boolean `(scores,)`."""
        return ops.convert_to_numpy(self.mask_of(task).on)

    def scores_of(self, task: int) -> np.ndarray:
        """Scores of `task`, float32 `(scores,)`: as kept where they are held."""
        scores = self.task_masks.scores(
            ops.convert_to_tensor(task, dtype="int32"), int32(self.counters.finished)
        )
        return ops.convert_to_numpy(scores)

    def units_in_use(self) -> np.ndarray:
        """What some finished task uses; boolean `(scores,)`."""
        used = self.memory.scores_in_use(int32(self.counters.finished))
        return ops.convert_to_numpy(used)

    def mask_arrays(self, task: int) -> list[np.ndarray | None]:
        """The masks of `task`, one per trainable variable; None: not masked."""
        return [
            None
            if mask is None
            else np.broadcast_to(ops.convert_to_numpy(mask), variable.shape).copy()
            for variable, mask in zip(
                self.target.trainable_variables, self.mask_of(task).masks, strict=True
            )
        ]

    def task_values(self, task: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Values of a task's trainable and non-trainable variables: m ⊙ θ and more."""
        trainable, fixed = self.network.values(
            self.mask_of(task),
            ops.convert_to_tensor(task, dtype="int32"),
            int32(self.counters.current),
        )
        return (
            # A zero must not carry the sign of the weight behind it, which may change.
            [ops.convert_to_numpy(value) + 0 for value in trainable],
            [ops.convert_to_numpy(value) for value in fixed],
        )

    def num_outputs(self, task: int) -> int | None:
        """Outputs of the head of `task`; None where it has all of the target's."""
        count = self.bank.num_outputs(ops.convert_to_tensor(task, dtype="int32"))
        found = None if count is None else int(ops.convert_to_numpy(count))
        return None if found == self.bank.head_width else found

    def network_of(self, task: int) -> Network:
        """The network of `task`, to be run and compared."""
        values = self.task_values(task)
        return Network(self.target, *values, self.num_outputs(task))


def _check_nothing_shared(
    roles: Roles, normalization: str, protection: Protection
) -> None:
    """Raises a ValueError if tasks share what a protection that freezes cannot."""
    if not protection.freezes or normalization == "per_task":
        return
    if any(roles.normalization + roles.statistics):
        raise ValueError(
            f"`protection={protection!r}` promises that no earlier task changes, so "
            "every task needs normalisation of its own: use "
            f'`normalization="per_task"`. Received: normalization={normalization!r}'
        )
