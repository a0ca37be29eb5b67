"""What a learner was compiled with, as objects."""

import contextlib
import dataclasses
import inspect
import types
from collections.abc import Iterator, Mapping
from typing import Any

import keras

from hypermask_tf.compiling.fresh_metric import fresh_metrics

# Names that Keras gives a meaning of their own, by the shapes of labels and outputs.
_LOSSES = ("crossentropy", "ce")
_METRICS = ("accuracy", "acc")


@dataclasses.dataclass(frozen=True)
class CompileArguments:
    """The arguments of `compile` but for the optimizer, which the learner holds.

    Objects, not configurations: two functions of one name stay two. In a class of its
    own, since Keras tracks and saves what lies in lists and dicts of a model.

    Args:
        values: Arguments by name.
    """

    values: Mapping[str, Any]

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> "CompileArguments":
        """All but the optimizer among the arguments of `compile`."""
        kept = {name: part for name, part in arguments.items() if name != "optimizer"}
        return cls(types.MappingProxyType(kept))

    def for_copy(
        self, model: Any, scope: contextlib.AbstractContextManager[Any]
    ) -> dict[str, Any]:
        """What a copy is compiled with: the same losses, metrics with their own state.

        Args:
            model: The learner that was compiled; how it runs steps may have been set
                by hand since.
            scope: Where variables of metrics are made.
        """
        eager = bool(model.run_eagerly)
        values = {
            **self.values,
            "run_eagerly": eager,
            "jit_compile": bool(model.jit_compile) and not eager,
            "steps_per_execution": model.steps_per_execution,
        }
        names = ("metrics", "weighted_metrics")
        made = fresh_metrics([values.get(name) for name in names], scope)
        return {**values, **dict(zip(names, made, strict=True))}


def bound(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of `keras.Model.compile` by name, with the optimizer as object.

    Raises:
        TypeError: If it takes none of that name.
        ValueError: If there is no such optimizer, loss or metric.
    """
    signature = inspect.signature(keras.Model.compile)
    arguments = dict(signature.bind(None, *args, **kwargs).arguments)
    del arguments["self"]
    if "optimizer" in arguments:
        arguments["optimizer"] = keras.optimizers.get(arguments["optimizer"])
    # Else a misspelt name is found in the first step, after a task has begun.
    for name in ("metrics", "weighted_metrics"):
        _check_names(arguments.get(name), _METRICS, keras.metrics.get)
    _check_names(arguments.get("loss"), _LOSSES, keras.losses.get)
    return arguments


def _check_names(parts: Any, known: tuple[str, ...], get: Any) -> None:
    for part in keras.tree.flatten(parts):
        special = isinstance(part, str) and part.lower() in known
        if part is not None and not callable(part) and not special:
            get(part)


@contextlib.contextmanager
def unchanged_on_error(model: Any) -> Iterator[None]:
    """Gives a model back its attributes where something in here raises."""
    before = dict(vars(model))
    try:
        yield
    except BaseException:
        now = vars(model)
        for name in set(now) - set(before):
            del now[name]
        now.update(before)
        raise
