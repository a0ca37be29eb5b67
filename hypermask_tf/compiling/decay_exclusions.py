"""Which weights an optimizer's weight decay leaves alone, for a copy or a file."""

from collections.abc import Sequence
from typing import Any

from hypermask_tf.keras_private import decay_exclusions


def excluded_from_decay(
    optimizer: Any, variables: Sequence[Any]
) -> tuple[list[int], str | None]:
    """Which of `variables` get no weight decay, by place and by a pattern of names."""
    keys, pattern, key_of = decay_exclusions(optimizer)
    places = [i for i, v in enumerate(variables) if key_of(v) in keys]
    return places, pattern.pattern if pattern else None


def exclude_from_decay(
    optimizer: Any, places: Sequence[int], pattern: str | None, variables: Sequence[Any]
) -> None:
    """Does to an optimizer what `excluded_from_decay` found at another one."""
    optimizer.exclude_from_weight_decay(
        var_list=[variables[i] for i in places],
        var_names=[pattern] if pattern else None,
    )
