"""What a learner is made of, for `save`, `load_model` and copies."""

from collections.abc import Mapping
from typing import Any

import keras

from hypermask_tf.learner.old_configs import upgraded
from hypermask_tf.spec import Spec

# Arguments that JSON holds as they are, choices, and those that are Keras objects.
_PLAIN = ("num_tasks", "head", "normalization", "reset_optimizer")
OBJECTS = ("target", "augmentation", "outliers")


def choices(model: Any) -> tuple[str, ...]:
    """Names of the arguments of a learner that are choices."""
    return ("masks", "protection") if model.base is None else ("base",)


def objects(model: Any) -> tuple[str, ...]:
    """Names of the arguments of a learner that are Keras objects."""
    return OBJECTS if model.base is not None else (*OBJECTS, "hypernetwork")


def arguments(model: Any) -> dict[str, Any]:
    """Arguments of a learner but for those that are Keras objects."""
    own = {name: getattr(model, name) for name in (*_PLAIN, *choices(model))}
    if model.base is None:
        own["maskable"] = list(model.state.roles.maskable)
    return own


def to_config(model: Any) -> dict[str, Any]:
    """What `from_config` takes to make a learner of such parts."""
    serialize = keras.saving.serialize_keras_object
    names = (*choices(model), *objects(model))
    own = {name: getattr(model, name) for name in names}
    serialized = {name: serialize(value) for name, value in own.items()}
    return {**arguments(model), **serialized}


def from_config(config: Mapping[str, Any], custom_objects: Any) -> dict[str, Any]:
    """Arguments of `HyperMask`, as objects, from this version or an earlier one."""
    config = upgraded(config)
    for key in ("base", "masks", "protection", "hypernetwork", *OBJECTS, "dtype"):
        if isinstance(config.get(key), dict):
            config[key] = keras.saving.deserialize_keras_object(
                config[key], custom_objects=custom_objects
            )
    return config


def settings_like(model: Any, config: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments in a saved configuration that are no Keras objects.

    Nothing in the file is run: choices are of the classes that those of `model` are.

    Args:
        model: A learner made of the same parts.
        config: What was saved of the other, see `upgraded`.

    Raises:
        ValueError: If the saved learner has choices of other classes.
    """
    found = {name: config[name] for name in (*_PLAIN, "maskable") if name in config}
    for name in choices(model):
        found[name] = _like(name, getattr(model, name), config.get(name))
    return found


def _like(name: str, own: Spec, saved: Mapping[str, Any] | None) -> Spec:
    """A saved choice, made of the classes that `own` is made of."""
    if saved is None or saved["class_name"] != type(own).__name__:
        raise ValueError(
            f"The saved learner has other `{name}`. Expected {type(own).__name__}. "
            f"Received: {saved['class_name'] if saved else 'none'}"
        )
    config = dict(saved["config"])
    for key, value in own.get_config().items():
        if isinstance(value, Spec) and config.get(key) is not None:
            config[key] = _like(key, value, config[key])
    return type(own).from_config(config)
