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
        return any(group.free < group.wanted for group in self.groups)

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
    return Capacity(_groups(model) if memory.support is not None else (), weights)


def _groups(model: Any) -> tuple[GroupCapacity, ...]:
    layout, learned = model._layout, model.num_learned_tasks
    taken = np.zeros(layout.num_scores, bool)
    for task in range(learned):
        taken |= model.units_on(task)
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
    """Warns at the start of a task that finds fewer free units than it asks for."""
    memory, layout = model._memory, model._layout
    if memory.support is None or not memory.used:
        return
    taken = ops.convert_to_numpy(memory.taken(model.num_finished_tasks))
    free = [int((~taken[group]).sum()) for group in layout.group_slices]
    short = [
        f"{layers[0]} {count} of {wanted} wanted"
        for count, layers, wanted in zip(
            free, layout.group_layers(), layout.quota.own_counts(), strict=True
        )
        # Scores alone may choose any unit, but with none free all of them are held.
        if count < max(wanted, 1)
    ]
    if short:
        warnings.warn(
            f"The network is full: task {model.num_learned_tasks - 1} finds too few "
            f"free units ({', '.join(short)}) and uses units of earlier tasks, whose "
            "weights it cannot change. `model = model.grow({...})` adds units; with "
            "`borrow` above 1 more taken units make up for missing ones; "
            "`print(model.capacity())` shows what is taken.",
            stacklevel=4,
        )
