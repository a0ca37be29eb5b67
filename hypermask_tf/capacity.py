"""How much of a shared network is taken, and a word before it is full."""

import dataclasses
import math
import warnings
from typing import Any

import numpy as np
from keras import ops


@dataclasses.dataclass(frozen=True)
class GroupCapacity:
    """Units of one group.

    Attributes:
        layers: Names of the layers that make the units.
        units: Number of units.
        taken: Units that some learned task uses.
        wanted: Free units that a further task asks for.
    """

    layers: tuple[str, ...]
    units: int
    taken: int
    wanted: int

    @property
    def free(self) -> int:
        return self.units - self.taken

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
        wanted: Free units that a further task asks for in all groups together; with
            one threshold for the network more than the groups ask for singly.
    """

    groups: tuple[GroupCapacity, ...]
    weights: dict[str, tuple[int, int]]
    wanted: int = 0

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
        free = sum(group.free for group in self.groups)
        return free < self.wanted or any(group.short for group in self.groups)

    def __str__(self) -> str:
        lines = [f"  {'units made by':<44} {'units':>8} {'taken':>8} {'free':>8}"]
        lines += [
            f"  {', '.join(group.layers)[-44:]:<44} {group.units:>8,} "
            f"{group.taken:>8,} {group.free:>8,}"
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


def capacity(model: Any) -> Capacity:
    """What the learned tasks of a `HyperMask` take of its target.

    Raises:
        ValueError: If the learner does not track use.
    """
    memory = model._memory
    if not memory.used:
        raise ValueError(
            'Capacity needs `protection="used"` or "hard": the others do not track '
            f"what tasks use. Received: protection={model.protection!r}"
        )
    masks = (
        model.mask_arrays(model.num_learned_tasks - 1)
        if model.num_learned_tasks
        else None
    )
    weights = {}
    for variable, index in zip(memory.used, memory.indices, strict=True):
        used = ops.convert_to_numpy(variable.value) > 0
        if masks is not None:
            mask = masks[index]
            used = used | (np.bool_(True) if mask is None else mask != 0)
        path = model.target.trainable_variables[index].path
        key = f"{path}#{index}" if path in weights else path
        weights[key] = (math.prod(used.shape), int(np.count_nonzero(used)))
    if memory.support is None:
        return Capacity((), weights)
    taken = np.zeros(model._layout.num_scores, bool)
    for task in range(model.num_learned_tasks):
        taken |= model.units_on(task)
    return Capacity(
        _groups(model._layout, taken), weights, model._layout.quota.own_count()
    )


def _groups(layout: Any, taken: np.ndarray) -> tuple[GroupCapacity, ...]:
    return tuple(
        GroupCapacity(layers, taken[group].size, int(taken[group].sum()), wanted)
        for layers, group, wanted in zip(
            layout.group_layers(),
            layout.group_slices,
            layout.quota.own_counts(),
            strict=True,
        )
    )


def warn_if_full(model: Any) -> None:
    """Warns at the start of a task if it, or the next, finds too few free units."""
    memory, layout, task = model._memory, model._layout, model.num_finished_tasks
    if memory.support is None or not memory.used:
        return
    taken = ops.convert_to_numpy(memory.taken(task))
    if short := _shortage(layout, taken):
        warnings.warn(
            f"The network is full: task {task} finds too few free units ({short}) and "
            "uses units of earlier tasks, whose weights it cannot change. "
            "`model = model.grow({...})` adds units; with `borrow` above 1 more taken "
            "units make up for missing ones; `print(model.capacity())` shows what is "
            "taken.",
            stacklevel=4,
        )
        return
    if task + 1 == model.num_tasks or (task == 0 and model.ramp_steps):
        return  # What a ramp has on at first says nothing of what stays.
    if short := _shortage(layout, taken | model.units_on(task)):
        warnings.warn(
            f"The network is full after task {task}: the next one will find too few "
            f"free units ({short}). When task {task} is learned, "
            "`model = model.grow({...})` adds units; `print(model.capacity())` shows "
            "what is taken.",
            stacklevel=4,
        )


def _shortage(layout: Any, taken: np.ndarray) -> str:
    """Where a task finds how many of the free units it asks for; "" if all."""
    groups = _groups(layout, taken)
    short = [
        f"{group.layers[0]} {group.free} of {max(group.wanted, 1)} wanted"
        for group in groups
        if group.short
    ]
    free, wanted = sum(group.free for group in groups), layout.quota.own_count()
    if not short and free < wanted:
        short = [f"{free} of {wanted} wanted in all layers together"]
    return ", ".join(short)
