"""Metrics like others, with state of their own."""

import contextlib
import types
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras import ops


def fresh_metrics(metrics: Any, scope: contextlib.AbstractContextManager[Any]) -> Any:
    """Nested metrics, each `Metric` among them with variables of its own.

    Functions and names stay as they are. What else a metric holds, such as its
    function, is the same object in both, whatever its configuration says.

    Two learners that shared a metric would reset each other's: where one is evaluated
    in a callback of the other, and on JAX, where a running `fit` holds the values.

    Args:
        metrics: What `compile` takes as `metrics`.
        scope: Where variables are made.
    """
    found = list(_metrics_in(metrics))
    # Outside of the scope, in which values are those of all replicas.
    values = {
        id(variable): ops.convert_to_numpy(variable.value)
        for metric in found
        for variable in metric.variables
    }
    made: dict[int, Any] = {}
    with scope:
        for metric in found:
            _make(metric, values, made)
    return _swap(metrics, made)


def _make(metric: Any, values: dict[int, np.ndarray], made: dict[int, Any]) -> None:
    """Makes `metric` anew; `made` gets it and all that it is made of."""
    if id(metric) in made:
        return
    fresh = made[id(metric)] = object.__new__(type(metric))
    keras.metrics.Metric.__init__(fresh, dtype=metric.dtype, name=metric.name)
    base, parts = set(vars(fresh)), vars(metric)
    inner = list(_metrics_in(list(parts.values())))
    for part in inner:
        _make(part, values, made)
    for variable in metric.variables:
        if id(variable) not in made:
            made[id(variable)] = copy = fresh.add_variable(
                variable.shape, "zeros", dtype=variable.dtype, name=variable.name
            )
            copy.assign(values[id(variable)])
    for name, value in parts.items():
        if name not in base:
            setattr(fresh, name, _swap(value, made))


def _metrics_in(value: Any) -> Iterator[Any]:
    """The metrics among nested values, without those inside of them."""
    if isinstance(value, keras.metrics.Metric):
        yield value
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _metrics_in(part)
    elif isinstance(value, dict):
        yield from _metrics_in(list(value.values()))


def _swap(value: Any, made: dict[int, Any]) -> Any:
    """`value`, with everything in it that was made anew."""
    if id(value) in made:
        return made[id(value)]
    if isinstance(value, types.MethodType) and id(value.__self__) in made:
        return types.MethodType(value.__func__, made[id(value.__self__)])
    swapped: Any = value
    if isinstance(value, list) or type(value) is tuple:
        swapped = [_swap(part, made) for part in value]
        if all(new is old for new, old in zip(swapped, value, strict=True)):
            return value
        return swapped if isinstance(value, list) else tuple(swapped)
    if isinstance(value, dict):
        swapped = {key: _swap(part, made) for key, part in value.items()}
        if all(part is value[key] for key, part in swapped.items()):
            return value
    return swapped
