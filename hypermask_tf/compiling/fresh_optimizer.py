"""A fresh optimizer with the settings of another one, by the objects at hand."""

import contextlib
import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras

from hypermask_tf.compiling.decay_exclusions import (
    exclude_from_decay,
    excluded_from_decay,
)
from hypermask_tf.keras_private import LEARNING_RATE

# What the copy of an optimizer takes over where `get_config` does not say it.
_PLAIN = (bool, int, float, str, type(None))
# What tells whether an optimizer has variables, and is no setting.
_STATE = ("built", "_lock")
# What a `MultiOptimizer` calls its optimizers by variable.
_MAP = "optimizer_map"


def all_optimizers(optimizer: Any) -> list[Any]:
    """An optimizer and those inside it, such as the one behind a loss scale."""
    found: list[Any] = []

    def add(value: Any) -> None:
        if isinstance(value, list | tuple):
            for part in value:
                add(part)
        elif _is_optimizer(value) and not any(value is other for other in found):
            found.append(value)
            for part in list(vars(value).values()):
                add(part)

    add(optimizer)
    return found


def rate_variables(optimizer: Any) -> list[Any]:
    """The learning rates that are variables: those without a schedule."""
    rates = [vars(one).get(LEARNING_RATE) for one in all_optimizers(optimizer)]
    return [rate for rate in rates if isinstance(rate, keras.Variable)]


def fresh_optimizer(
    optimizer: Any,
    rates: Sequence[float],
    variables: Sequence[tuple[Any, Any]],
) -> Any:
    """An optimizer of the same class and settings that has taken no step.

    Schedules, callables and other optimizers inside it come along as objects, so
    nothing needs to be registered, or to have a name.

    Args:
        optimizer: A Keras optimizer.
        rates: The value of each of its `rate_variables`.
        variables: Pairs of a variable that it may hold settings for, and the one that
            takes its place.

    Raises:
        TypeError: If a class does not take what its `get_config` returns.
    """
    values = [
        (rate, value)
        for rate, value in zip(rate_variables(optimizer), rates, strict=True)
    ]
    made: dict[int, Any] = {}

    def make(one: Any) -> Any:
        if id(one) not in made:
            held = vars(one)[LEARNING_RATE]
            known = [value for rate, value in values if rate is held]
            made[id(one)] = _make(one, known[0] if known else held, make, variables)
        return made[id(one)]

    return make(optimizer)


def _make(
    optimizer: Any,
    rate: Any,
    make: Callable[[Any], Any],
    variables: Sequence[tuple[Any, Any]],
) -> Any:
    config = {
        key: _argument(optimizer, key, value, make, variables)
        for key, value in _plain_config(optimizer).items()
    }
    if "learning_rate" in config:
        config["learning_rate"] = rate
    try:
        fresh = type(optimizer)(**config)
    except TypeError as error:
        raise TypeError(
            "A copy of a learner needs a fresh optimizer, made from what `get_config` "
            "returns: let it return all arguments of the constructor. "
            f"Received: {type(optimizer).__name__} with {sorted(config)}: {error}"
        ) from error
    _take_attributes(fresh, optimizer, set(config))
    if isinstance(held := vars(fresh)[LEARNING_RATE], keras.Variable):
        held.assign(rate)
    _take_exclusions(fresh, optimizer, variables)
    return fresh


def _argument(
    optimizer: Any,
    key: str,
    value: Any,
    make: Callable[[Any], Any],
    variables: Sequence[tuple[Any, Any]],
) -> Any:
    """What the constructor gets for `key`: the object, not its configuration."""
    held = vars(optimizer).get(key, vars(optimizer).get(f"_{key}"))
    if key == _MAP:
        return _optimizer_map(held, make, variables)
    if held is None or not isinstance(value, dict | list | tuple):
        return value
    if _is_optimizer(held):
        return make(held)
    if isinstance(held, list | tuple):
        return [make(part) if _is_optimizer(part) else part for part in held]
    return held


def _optimizer_map(
    held: Any, make: Callable[[Any], Any], variables: Sequence[tuple[Any, Any]]
) -> Any:
    """The map of a `MultiOptimizer`, for variables of the copy."""
    if hasattr(held, "default_optimizer"):
        parts = {key: make(one) for key, one in held.items()}
        return type(held)(make(held.default_optimizer), parts)
    before = {id(new): old for old, new in variables}
    return lambda variable: make(held(before.get(id(variable), variable)))


def _is_optimizer(value: Any) -> bool:
    return isinstance(value, keras.optimizers.Optimizer)


def _plain_config(optimizer: Any) -> dict[str, Any]:
    """Its configuration, without that of schedules and maps, which may have none."""
    with contextlib.ExitStack() as stack:
        for one in all_optimizers(optimizer):
            stack.enter_context(showing_rate(one, 0.0))
            if f"_{_MAP}" in vars(one):
                stack.enter_context(_showing(one, f"_{_MAP}", None))
        return dict(optimizer.get_config())


def showing_rate(optimizer: Any, rate: Any) -> contextlib.AbstractContextManager[None]:
    """While this lasts, `get_config` finds another learning rate."""
    return _showing(optimizer, LEARNING_RATE, rate)


@contextlib.contextmanager
def _showing(optimizer: Any, name: str, value: Any) -> Iterator[None]:
    held = vars(optimizer)[name]
    vars(optimizer)[name] = value
    try:
        yield
    finally:
        vars(optimizer)[name] = held


def _take_attributes(fresh: Any, optimizer: Any, known: set[str]) -> None:
    """Takes over settings that `get_config` leaves out: plain values and functions."""
    for name, value in list(vars(optimizer).items()):
        if name in _STATE or name.startswith("_self_") or name.lstrip("_") in known:
            continue
        plain = isinstance(value, _PLAIN) or inspect.isfunction(value)
        if plain and (name not in vars(fresh) or vars(fresh)[name] != value):
            setattr(fresh, name, value)


def _take_exclusions(
    fresh: Any, optimizer: Any, variables: Sequence[tuple[Any, Any]]
) -> None:
    places, pattern = excluded_from_decay(optimizer, [old for old, _ in variables])
    if places or pattern:
        exclude_from_decay(fresh, places, pattern, [new for _, new in variables])
