"""What a learner was compiled with, in a file."""

import contextlib
import types
from collections.abc import Iterator, Mapping
from typing import Any

import keras
from keras import ops

from hypermask_tf.compiling.decay_exclusions import (
    exclude_from_decay,
    excluded_from_decay,
)
from hypermask_tf.compiling.fresh_optimizer import (
    all_optimizers,
    rate_variables,
    showing_rate,
)
from hypermask_tf.compiling.saved_names import PLAIN, SavedNames
from hypermask_tf.keras_private import LEARNING_RATE

_PARTS = ("loss", "loss_weights", "metrics", "weighted_metrics")
# Keys beside the arguments of `compile`.
UNSAVED = "unsaved"
_EXCLUDED = "excluded_from_weight_decay"
# What serializing an object without a configuration ends in; a lambda needs its source.
_ERRORS = (TypeError, ValueError, NotImplementedError, AttributeError, OSError)


def to_config(model: Any) -> dict[str, Any]:
    """The arguments of `compile`, ready for JSON, with the optimizer as it is now.

    A file knows functions and classes by name. Where names would not lead back to the
    same objects, the key `unsaved` names them, and whoever loads the file is told.
    """
    if not model.compiled:
        return {}
    held = model.compile_arguments.values
    parts = {name: held.get(name) for name in _PARTS}
    parts = {"optimizer": model.optimizer, **parts}
    names = SavedNames(parts)
    config: dict[str, Any] = {}
    unsaved = {}
    with _rates_of_the_user(model):
        for name, part in parts.items():
            try:
                config[name] = _serialize(part, names)
            except _ERRORS as error:
                unsaved[name] = str(error)
    config |= {
        "run_eagerly": bool(model.run_eagerly),
        "steps_per_execution": model.steps_per_execution,
        "jit_compile": bool(model.jit_compile),
    }
    if not held.get("auto_scale_loss", True):
        config["auto_scale_loss"] = False
    if unsaved:
        config[UNSAVED] = unsaved
    if any(excluded := _exclusions(model)):
        config[_EXCLUDED] = excluded
    return config


def compile_by(model: Any, config: Mapping[str, Any]) -> None:
    """Compiles a learner by what `to_config` returned for another one.

    Raises:
        ValueError: If not all of that is in the configuration.
    """
    if UNSAVED in config:
        raise ValueError(
            "This learner was compiled with objects that a file cannot hold. Load it "
            "with `compile=False` and compile it again. "
            f"Received: {config[UNSAVED]}"
        )
    model.compile(**{k: _deserialize(v) for k, v in config.items() if k != _EXCLUDED})
    if model.optimizer is None:
        return
    optimizers = all_optimizers(model.optimizer)
    for one, excluded in zip(optimizers, config.get(_EXCLUDED, []), strict=False):
        if excluded:
            exclude_from_decay(one, **excluded, variables=model.trainable_variables)
    model.optimizer_reset.remember()


def _serialize(part: Any, names: SavedNames) -> Any:
    if isinstance(part, PLAIN):
        return part
    if isinstance(part, list | tuple):
        return [_serialize(inner, names) for inner in part]
    if isinstance(part, dict):
        return {key: _serialize(inner, names) for key, inner in part.items()}
    try:
        if isinstance(part, types.MethodType):
            raise TypeError("a bound method has no configuration")
        return names.resolved(part, keras.saving.serialize_keras_object(part))
    except _ERRORS as error:
        called = getattr(part, "__qualname__", type(part).__qualname__)
        # Without addresses of objects, which differ from process to process.
        reason = str(error).partition(" at 0x")[0]
        raise TypeError(f"{called}: {reason}") from error


def _deserialize(config: Any) -> Any:
    """Objects for configurations; a string stays one, whatever has its name."""
    if isinstance(config, list | tuple):
        return [_deserialize(part) for part in config]
    if isinstance(config, dict) and "class_name" not in config:
        return {key: _deserialize(part) for key, part in config.items()}
    if isinstance(config, dict):
        return keras.saving.deserialize_keras_object(config)
    return config


def _exclusions(model: Any) -> list[dict[str, Any] | None]:
    """What has no weight decay, for each optimizer."""
    found: list[dict[str, Any] | None] = []
    for one in all_optimizers(model.optimizer):
        places, pattern = excluded_from_decay(one, model.trainable_variables)
        some = bool(places or pattern)
        found.append({"places": places, "pattern": pattern} if some else None)
    return found


@contextlib.contextmanager
def _rates_of_the_user(model: Any) -> Iterator[None]:
    """While this lasts, the optimizer's configuration says what a task begins with."""
    with contextlib.ExitStack() as stack:
        if model.optimizer is not None:
            rates = model.optimizer_reset.rates()
            variables = rate_variables(model.optimizer)
            for one in all_optimizers(model.optimizer):
                for rate, variable in zip(rates, variables, strict=True):
                    if vars(one)[LEARNING_RATE] is variable:
                        shown = ops.convert_to_tensor(rate, dtype=variable.dtype)
                        stack.enter_context(showing_rate(one, shown))
        yield
