"""Every registered target in small, for the tests that run each one."""

from typing import Any, NamedTuple

import keras
import numpy as np

import hypermask_tf as hm

CLASSES = 3


class Build(NamedTuple):
    """Arguments of a target that make it small."""

    target: str
    input_shape: tuple[int, ...]
    options: dict[str, Any]

    def __call__(self, **more: Any) -> keras.Model:
        build = hm.targets.get(self.target)
        return build(self.input_shape, classes=CLASSES, **self.options, **more)


BUILDS = {
    "mlp": Build("mlp", (6, 6, 1), {"hidden": (8, 6)}),
    "conv1d": Build("conv1d", (12, 3), {"filters": (4, 6, 8)}),
    "convnet": Build("convnet", (8, 8, 2), {"filters": (4, 6), "hidden": 8}),
    "resnet": Build("resnet", (8, 8, 3), {"blocks": 2, "filters": (3, 3, 6)}),
    "resnet without batch norm": Build(
        "resnet",
        (7, 9, 3),
        {"blocks": 1, "widening": 2, "filters": (2, 2, 3, 5), "norm": "none"},
    ),
    "zenkenet": Build("zenkenet", (10, 10, 2), {}),
    "zenkenet without dropout": Build("zenkenet", (11, 10, 2), {"dropout": False}),
    "zenkenet of large images": Build("zenkenet", (64, 64, 1), {}),
}


def samples(build: Build, size: int = 6) -> np.ndarray:
    """Random samples for a target."""
    generator = np.random.default_rng(1)
    return generator.normal(size=(size, *build.input_shape)).astype("float32")


def shake(model: keras.Model, seed: int = 0) -> keras.Model:
    """Gives every weight, statistics included, a value as after some training."""
    generator = np.random.default_rng(seed)
    for variable in model.weights:
        value = keras.ops.convert_to_numpy(variable.value)
        scale = 0.1 + np.abs(value).max()
        value = value + generator.uniform(-scale, scale, value.shape)
        if variable.name == "moving_variance":
            value = 0.5 + np.abs(value)
        variable.assign(value)
    return model
