"""What a user chooses of the outputs of a network."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from hypermask_tf.export.interface import Port


@dataclasses.dataclass(frozen=True)
class GateChoice:
    """What decides whether a file is good; of several outputs each by its name.

    Args:
        metric: a metric of Keras or its name; `None` for what suits the loss.
        max_drop: how much worse a file may be; `None` for the metric's own limit.
        higher_is_better: whether more of the metric is better; `None` if Keras knows.
    """

    metric: Any = None
    max_drop: Any = None
    higher_is_better: bool | None = None


def by_output(
    given: Any, keys: Sequence[str], what: str, shared: bool = False
) -> list[Any]:
    """Returns what is given of each output: by name, or of the only one.

    Args:
        given: a dictionary by name, or a single thing.
        keys: names of all outputs.
        what: the argument, for the message.
        shared: whether a single thing is for all outputs, where there are several.

    Raises:
        ValueError: when there are several and it does not say which.
    """
    if isinstance(given, Mapping):
        unknown = sorted(set(given) - set(keys))
        if unknown:
            raise ValueError(
                f"Expected `{what}` by names of outputs, {list(keys)}. "
                f"Received: {unknown}"
            )
        return [given.get(key) for key in keys]
    if given is None or shared or len(keys) == 1:
        return [given] * len(keys)
    raise ValueError(
        f"Expected `{what}` by names of outputs, {list(keys)}. Received: {given!r}"
    )


def losses(model: Any, keys: Sequence[str]) -> tuple[Any, ...]:
    """Returns the loss that each output was learned with; `None` for nothing."""
    if model.compile_arguments is None:
        return (None,) * len(keys)
    loss = model.compile_arguments.values.get("loss")
    if isinstance(loss, Mapping):
        return tuple(loss.get(key) for key in keys)
    if isinstance(loss, list | tuple):
        return tuple(loss)
    return (loss,) * len(keys)


def checked_labels(
    given: Any, keys: Sequence[str], ports: Sequence[Port]
) -> tuple[tuple[str, ...] | None, ...]:
    """Returns the names of each output's values.

    Raises:
        ValueError: when there are more than values; two may name the no and the yes of
            a single one.
    """
    found: list[tuple[str, ...] | None] = []
    for key, port, names in zip(
        keys, ports, by_output(given, keys, "labels"), strict=True
    ):
        width = port.shape[-1] if port.shape else 1
        most = 2 if width == 1 else width
        if isinstance(names, str) or (names is not None and len(names) > most):
            raise ValueError(
                f"Expected at most {most} labels for the output {key!r}. "
                f"Received: labels={names!r}"
            )
        found.append(None if names is None else tuple(map(str, names)))
    return tuple(found)
