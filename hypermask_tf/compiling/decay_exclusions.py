"""Which weights an optimizer's weight decay leaves alone, for a copy or a file."""

from collections.abc import Sequence
from typing import Any


def excluded_from_decay(
    optimizer: Any, variables: Sequence[Any]
) -> tuple[list[int], str | None]:
    """Which of `variables` get no weight decay, by place and by a pattern of names."""
    keys = getattr(optimizer, "_exclude_from_weight_decay", None) or set()
    pattern = getattr(optimizer, "_exclude_from_weight_decay_pattern", None)
    places = [i for i, v in enumerate(variables) if optimizer._var_key(v) in keys]
    return places, pattern.pattern if pattern else None


def exclude_from_decay(
    optimizer: Any, places: Sequence[int], pattern: str | None, variables: Sequence[Any]
) -> None:
    """Does to an optimizer what `excluded_from_decay` found at another one."""
    optimizer.exclude_from_weight_decay(
        var_list=[variables[i] for i in places],
        var_names=[pattern] if pattern else None,
    )
