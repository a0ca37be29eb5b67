"""How much of a shared network is in use, and a word before it is full."""

import dataclasses
import math

import numpy as np
from keras import ops

from hypermask_tf import checks
from hypermask_tf.masks import UnitLayout
from hypermask_tf.tasks import LearnerState


@dataclasses.dataclass(frozen=True)
class GroupCapacity:
    """Units of one group.

    Attributes:
        layers: Names of the layers that make the units.
        units: Number of units.
        in_use: Units that some learned task uses.
        wanted: Free units that a further task asks for.
    """

    layers: tuple[str, ...]
    units: int
    in_use: int
    wanted: int

    @property
    def free(self) -> int:
        return self.units - self.in_use

    @property
    def short(self) -> bool:
        """Whether a further task does not find what it asks for.

        Scores alone may choose any unit, but with none free all of them are held.
        """
        return self.free < max(self.wanted, 1)


@dataclasses.dataclass(frozen=True)
class Capacity:
    """What the learned tasks, the one being learned included, take of the target.

    Attributes:
        groups: One entry per group of units; empty unless masks are over units.
        weights: Shared weights by path of the variable: number, and number used.
    """

    groups: tuple[GroupCapacity, ...]
    weights: dict[str, tuple[int, int]]

    @property
    def fraction(self) -> float:
        """Share of the shared weights that some task uses, 0 to 1."""
        total = sum(count for count, _ in self.weights.values())
        return sum(used for _, used in self.weights.values()) / max(total, 1)

    @property
    def units_free(self) -> float | None:
        """Share of the units that no task uses, 0 to 1; None without unit masks."""
        if not self.groups:
            return None
        free = sum(group.free for group in self.groups)
        return free / sum(group.units for group in self.groups)

    @property
    def full(self) -> bool:
        """Whether a further task would not find the free units it asks for."""
        return any(group.short for group in self.groups)

    def __str__(self) -> str:
        lines = [f"  {'units made by':<44} {'units':>8} {'in use':>8} {'free':>8}"]
        lines += [
            f"  {', '.join(group.layers)[-44:]:<44} {group.units:>8,} "
            f"{group.in_use:>8,} {group.free:>8,}"
            for group in self.groups
        ]
        lines = lines if self.groups else []
        lines.append(
            f"  {'shared weights':<44} {'weights':>8} {'used':>8} {'share':>8}"
        )
        lines += [
            f"  {path[-44:]:<44} {count:>8,} {used:>8,} {used / count:>8.0%}"
            for path, (count, used) in self.weights.items()
        ]
        lines.append(f"  {'all':<44} {'':>8} {'':>8} {self.fraction:>8.0%}")
        return "\n".join(lines)


def capacity(state: LearnerState) -> Capacity:
    """What the learned tasks take of the shared network.

    Raises:
        ValueError: If the learner does not track use, or stands on a base.
    """
    memory = state.memory
    if not state.has_capacity:
        raise ValueError(
            "Capacity needs a protection that tracks use, `Freeze()` or "
            '`WeightPenalty(on="used")`, and weights that tasks take for themselves, '
            "which a `base` has none of. Received: "
            f"protection={state.protection!r}, masks={state.masks!r}"
        )
    tasks = state.tasks
    masks = state.mask_arrays(tasks[-1]) if tasks else None
    weights = {}
    for variable, index in zip(memory.used, memory.indices, strict=True):
        used = ops.convert_to_numpy(variable.value) > 0
        if masks is not None:
            mask = masks[index]
            used = used | (np.bool_(True) if mask is None else mask != 0)
        path = state.target.trainable_variables[index].path
        key = f"{path}#{index}" if path in weights else path
        weights[key] = (math.prod(used.shape), int(np.count_nonzero(used)))
    if not state.layout.over_units:
        return Capacity((), weights)
    in_use = np.zeros(state.layout.num_scores, bool)
    for task in tasks:
        in_use |= state.units_on(task)
    return Capacity(_groups(state.unit_layout, in_use), weights)


def _groups(layout: UnitLayout, in_use: np.ndarray) -> tuple[GroupCapacity, ...]:
    return tuple(
        GroupCapacity(layers, in_use[group].size, int(in_use[group].sum()), wanted)
        for layers, group, wanted in zip(
            layout.group_layers(),
            layout.group_slices,
            layout.counts.free(),
            strict=True,
        )
    )


def warn_if_full(state: LearnerState) -> None:
    """Warns at the start of a task if it, or the next, finds too few free units."""
    task = state.num_finished_tasks
    label = state.names.label(task)
    if not (state.layout.over_units and state.memory.used):
        return
    in_use = state.units_in_use()
    if short := _shortage(state.unit_layout, in_use):
        checks.warn(
            f"The network is full: task {label} finds too few free units ({short}) and "
            "uses units of earlier tasks, whose weights it cannot change. "
            "`model = model.grow({...})` adds units; `print(model.capacity())` shows "
            "what is in use."
        )
        return
    if task + 1 == state.num_tasks or (task == 0 and state.masks.ramp_steps):
        return  # What a ramp has on at first says nothing of what stays.
    if short := _shortage(state.unit_layout, in_use | state.units_on(task)):
        checks.warn(
            f"The network is full after task {label}: the next one will find too few "
            f"free units ({short}). When task {label} is learned, "
            "`model = model.grow({...})` adds units; `print(model.capacity())` shows "
            "what is in use."
        )


def _shortage(layout: UnitLayout, in_use: np.ndarray) -> str:
    """Where a task finds how many of the free units it asks for; "" if all."""
    return ", ".join(
        f"{group.layers[0]} {group.free} of {max(group.wanted, 1)} wanted"
        for group in _groups(layout, in_use)
        if group.short
    )
