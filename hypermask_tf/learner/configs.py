"""What a learner is made of, for `save`, `load_model` and copies."""

from collections.abc import Mapping
from typing import Any

import keras

from hypermask_tf.learner.old_configs import upgraded
from hypermask_tf.spec import Spec

# Arguments that JSON holds as they are, choices, and those that are Keras objects.
_PLAIN = ("num_tasks", "head", "normalization", "reset_optimizer")
CHOICES = ("masks", "protection")
OBJECTS = ("target", "hypernetwork", "augmentation", "outliers")


def arguments(model: Any) -> dict[str, Any]:
    """Arguments of a learner but for those that are Keras objects."""
    names = (*_PLAIN, *CHOICES)
    own = {name: getattr(model, name) for name in names}
    return {**own, "maskable": list(model.state.roles.maskable)}


def to_config(model: Any) -> dict[str, Any]:
    """What `from_config` takes to make a learner of such parts."""
    serialize = keras.saving.serialize_keras_object
    own = {name: getattr(model, name) for name in (*CHOICES, *OBJECTS)}
    serialized = {name: serialize(value) for name, value in own.items()}
    return {**arguments(model), **serialized}


def from_config(config: Mapping[str, Any], custom_objects: Any) -> dict[str, Any]:
    """Arguments of `HyperMask`, as objects, from this version or an earlier one."""
    config = upgraded(config)
    for key in (*CHOICES, *OBJECTS, "dtype"):
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
    return found | {n: _like(n, getattr(model, n), config[n]) for n in CHOICES}


def _like(name: str, own: Spec, saved: Mapping[str, Any]) -> Spec:
    """A saved choice, made of the classes that `own` is made of."""
    if saved["class_name"] != type(own).__name__:
        raise ValueError(
            f"The saved learner has other `{name}`. Expected {type(own).__name__}. "
            f"Received: {saved['class_name']}"
        )
    config = dict(saved["config"])
    for key, value in own.get_config().items():
        if isinstance(value, Spec) and config.get(key) is not None:
            config[key] = _like(key, value, config[key])
    return type(own).from_config(config)
