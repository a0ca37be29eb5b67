"""What a task's network is made of: units, parameters, work, capacity."""

import dataclasses
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from hypermask_tf.compaction import compact
from hypermask_tf.surgery.cost import Cost, cost


@dataclasses.dataclass(frozen=True)
class NetworkStats:
    """Sizes of one task's network, None where they are not known.

    Args:
        units_kept: Units that are on; None unless masks are over units.
        parameters: Parameters of the baked network with everything dead removed.
        nonzero_parameters: Those of them that are not zero.
        macs: Multiply-accumulates of that network at batch 1.
        capacity_used: Share, 0 to 1, of the shared weights that some task uses.
        units_free: Share, 0 to 1, of the units that no task uses.
    """

    units_kept: int | None
    parameters: int | None
    nonzero_parameters: int | None
    macs: int | None
    capacity_used: float | None
    units_free: float | None

    @classmethod
    def unknown(cls) -> "NetworkStats":
        """Nothing is known of it."""
        return cls(None, None, None, None, None, None)

    @classmethod
    def of(cls, model: Any, task: int) -> "NetworkStats":
        """Sizes and counts of a task that has been learned.

        Args:
            model: A `HyperMask`.
            task: The task.
        """
        sizes = _compact_cost(model, task)
        used, free = _capacity(model)
        return cls(
            units_kept=_units_kept(model, task),
            parameters=sizes.parameters if sizes else None,
            nonzero_parameters=sizes.nonzero if sizes else None,
            macs=sizes.macs if sizes else None,
            capacity_used=used,
            units_free=free,
        )


# Field by name in `results.json`.
_COLUMNS = {
    "units_kept": "units_kept",
    "parameters_per_task": "parameters",
    "nonzero_parameters_per_task": "nonzero_parameters",
    "macs_per_task": "macs",
    "capacity_used": "capacity_used",
    "units_free": "units_free",
}


def stats_by_task(stats: Sequence[NetworkStats]) -> dict[str, Any]:
    """The lists that `results.json` holds, one entry per task."""
    return {
        column: [getattr(entry, field) for entry in stats]
        for column, field in _COLUMNS.items()
    }


def read_stats(results: Mapping[str, Any]) -> list[NetworkStats]:
    """Sizes and counts of each task, from what `stats_by_task` made."""
    columns = [results[column] for column in _COLUMNS]
    return [
        NetworkStats(**dict(zip(_COLUMNS.values(), row, strict=True)))
        for row in zip(*columns, strict=True)
    ]


def _units_kept(model: Any, task: int) -> int | None:
    over_units = model.state.layout.over_units
    return int(model.units_on(task).sum()) if over_units else None


def _compact_cost(model: Any, task: int) -> Cost | None:
    try:
        return cost(compact(model.bake(task)))
    except ValueError as error:
        # A subclassed target has no graph to count in; learning it goes on.
        warnings.warn(f"Sizes of a task's network are unknown: {error}", stacklevel=2)
        return None


def _capacity(model: Any) -> tuple[float | None, float | None]:
    if not model.state.has_capacity:
        return None, None
    capacity = model.capacity()
    return capacity.fraction, capacity.units_free
