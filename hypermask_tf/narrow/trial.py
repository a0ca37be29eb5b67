"""Whether a narrow network computes what the whole one does: tried, not reasoned."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from hypermask_tf.masks import TaskMask, UnitLayout
from hypermask_tf.units.keras_graph import graph_of

_SAMPLES, _TRIES = 4, 8
_LEAST_SPREAD = 1e-3
# Of how much outputs differ between samples. Rounding stays below, that of products in
# TF32 too; a channel in the wrong place does not. What cannot be told apart in half
# precision is not trusted.
_TOLERANCE = 5e-3
_HALF_TOLERANCE = 0.02


def agrees(
    narrow: Any, target: keras.Model, layout: UnitLayout, counts: Sequence[int]
) -> bool:
    """Runs both on random samples and weights: with the first units, and with any.

    The first of a group are where an order that changes with the task shows: among
    random ones as many may stand before a shortcut's maps as behind.
    """
    return all(
        _verdict(narrow, target, layout, counts, anywhere) for anywhere in (False, True)
    )


def _verdict(
    narrow: Any,
    target: keras.Model,
    layout: UnitLayout,
    counts: Sequence[int],
    anywhere: bool,
) -> bool:
    """Whether they agree on the first weights that say anything."""
    for seed in range(_TRIES):
        random = np.random.default_rng(seed)
        verdict = _agree(narrow, target, layout, counts, random, anywhere)
        if verdict is not None:
            return verdict
    return False


def _agree(
    narrow: Any,
    target: keras.Model,
    layout: UnitLayout,
    counts: Sequence[int],
    random: np.random.Generator,
    anywhere: bool,
) -> bool | None:
    """None if all samples come to nearly the same, so that nothing was tried."""
    scores = random.uniform(1.0, 3.0, layout.num_scores).astype("float32")
    on = np.concatenate(
        [
            (random.permutation(size) if anywhere else np.arange(size)) < count
            for size, count in zip(layout.group_sizes, counts, strict=True)
        ]
    )
    mask = TaskMask(layout, ops.convert_to_tensor(scores), ops.convert_to_tensor(on))
    share = sum(counts) / sum(layout.group_sizes)
    trainable = [_draw(random, v, share) for v in target.trainable_variables]
    fixed = [_draw(random, v, share) for v in target.non_trainable_variables]
    masked = [
        value if factor is None else value * ops.cast(factor, value.dtype)
        for value, factor in zip(trainable, mask.masks, strict=True)
    ]
    try:
        symbolic = graph_of(target).input
        inputs = keras.tree.map_structure(lambda t: _sample(random, t), symbolic)
        expected, _ = target.stateless_call(masked, fixed, inputs)
    except Exception:  # each backend has its own kinds
        # It does not run on made-up inputs (text, sizes left open): it cannot be tried.
        return False
    received, _, _ = narrow.run(inputs, trainable, fixed, mask)
    dtypes = {
        getattr(layer, "compute_dtype", None) for layer in target._flatten_layers()
    }
    half = not dtypes.isdisjoint({"float16", "bfloat16"})
    verdicts = [
        _close(_float64(a), _float64(b), _HALF_TOLERANCE if half else _TOLERANCE)
        for a, b in zip(
            keras.tree.flatten(expected), keras.tree.flatten(received), strict=True
        )
    ]
    if False in verdicts:
        return False
    return None if None in verdicts else True


def _float64(tensor: Any) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(ops.cast(tensor, "float32")), "float64")


def _close(expected: np.ndarray, received: np.ndarray, tolerance: float) -> bool | None:
    size = np.abs(expected).max(initial=0)
    spread = np.abs(expected - expected.mean(axis=0)).max(initial=0)
    gap = np.abs(expected - received).max(initial=0)
    if not np.isfinite(gap) or gap > tolerance * size:
        return False
    return bool(gap <= tolerance * spread) if spread > _LEAST_SPREAD * size else None


def _draw(random: np.random.Generator, variable: Any, share: float) -> Any:
    """Weights that keep the scale of what goes through `share` of the units."""
    shape = tuple(variable.shape)
    if "float" not in keras.backend.standardize_dtype(variable.dtype):
        return ops.convert_to_tensor(variable.value)
    if "variance" in variable.name or variable.name == "gamma":
        values = random.uniform(0.5, 1.5, shape)
    elif len(shape) < 2:
        values = random.normal(size=shape) / 4
    else:
        fan_in = np.prod(shape[:-1]) * share
        values = random.normal(size=shape) * np.sqrt(2 / fan_in)
    return ops.convert_to_tensor(values, dtype=variable.dtype)


def _sample(random: np.random.Generator, tensor: Any) -> Any:
    shape = [_SAMPLES, *(size or 8 for size in tensor.shape[1:])]
    if "float" in keras.backend.standardize_dtype(tensor.dtype):
        return ops.convert_to_tensor(random.uniform(-1, 1, shape), dtype=tensor.dtype)
    return ops.convert_to_tensor(random.integers(0, 2, shape), dtype=tensor.dtype)
