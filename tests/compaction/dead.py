"""Random weights with dead units or weights, and what a model makes of inputs."""

from typing import Any

import keras
import numpy as np

SPARSITIES = (0, 30, 60, 90, 99)


def shake(model: keras.Model, seed: int = 0) -> None:
    """Gives every float variable random values that suit it, none of them zero."""
    generator = np.random.default_rng(seed)
    for v in model.variables:
        if not keras.backend.is_float_dtype(v.dtype):
            continue
        if v.name in ("gamma", "moving_variance"):
            scale = generator.uniform(0.5, 1.5, v.shape)
            if v.name == "gamma":
                scale = scale * generator.choice([-1.0, 1.0], v.shape)
            v.assign(scale)
        else:
            fan_in = np.prod(v.shape[:-1]) if len(v.shape) > 1 else 4
            v.assign(generator.normal(size=v.shape) / np.sqrt(fan_in))


def kill_units(model: keras.Model, sparsity: float, seed: int = 0) -> None:
    """Zeroes random columns, and their biases for about half of the layers."""
    generator = np.random.default_rng(seed)
    for layer in _layers(model):
        axis = -2 if "Transpose" in type(layer).__name__ else -1
        also_bias, on = generator.random() < 0.5, None
        for v in layer.trainable_variables:
            if v.name in ("gamma", "beta"):
                mask = generator.random(v.shape) >= sparsity / 100
                v.assign(np.asarray(v) * (mask if also_bias else 1.0))
            elif v.name.endswith("kernel") or v.name == "embeddings":
                on = generator.random(v.shape[axis]) >= sparsity / 100
                v.assign(np.asarray(v) * (on if axis == -1 else on[:, None]))
            elif v.name == "bias" and on is not None and also_bias:
                v.assign(np.asarray(v) * (on if v.shape == on.shape else 1.0))


def kill_weights(model: keras.Model, sparsity: float, seed: int = 0) -> None:
    """Zeroes random single weights of every trainable variable."""
    generator = np.random.default_rng(seed)
    for v in model.trainable_variables:
        v.assign(np.asarray(v) * (generator.random(v.shape) >= sparsity / 100))


def outputs_of(model: keras.Model, seed: int = 0, size: int = 3) -> list[np.ndarray]:
    """The model's outputs on random inputs, at inference."""
    generator = np.random.default_rng(seed)
    alone = isinstance(model, keras.Sequential)
    inputs = keras.tree.map_structure(
        lambda t: generator.normal(
            size=[size, *(length or 4 for length in t.shape[1:])]
        ).astype(t.dtype),
        model.inputs[0] if alone else model.input,
    )
    results = keras.tree.flatten(model(inputs, training=False))
    return [keras.ops.convert_to_numpy(result) for result in results]


def assert_same_function(one: keras.Model, other: keras.Model) -> None:
    """Equal outputs, to rounding in the models' dtype."""
    for a, b in zip(outputs_of(one), outputs_of(other), strict=True):
        tolerance = 1e-10 if a.dtype == np.float64 else 1e-4
        assert np.isfinite(a).all()
        np.testing.assert_allclose(
            b, a, rtol=tolerance, atol=tolerance * max(1e-3, np.abs(a).max())
        )


def _layers(model: Any) -> list[Any]:
    return [layer for layer in model._flatten_layers() if layer is not model]
