"""Targets by name, for command lines and for tests that run every one."""

from collections.abc import Callable

import keras

from hypermask_tf.targets.conv1d import conv1d
from hypermask_tf.targets.convnet import convnet
from hypermask_tf.targets.mlp import mlp
from hypermask_tf.targets.resnet import resnet
from hypermask_tf.targets.zenkenet import zenkenet

_TARGETS: dict[str, Callable[..., keras.Model]] = {
    "mlp": mlp,
    "conv1d": conv1d,
    "convnet": convnet,
    "resnet": resnet,
    "zenkenet": zenkenet,
}


def names() -> list[str]:
    """Names of all registered targets."""
    return sorted(_TARGETS)


def get(name: str) -> Callable[..., keras.Model]:
    """The function that builds the target called `name`.

    Raises:
        ValueError: If there is none of that name.
    """
    if name not in _TARGETS:
        raise ValueError(f"`target` must be one of {names()}. Received: {name!r}")
    return _TARGETS[name]
