"""Whether a narrow network computes what the whole one does: tried, not reasoned."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from hypermask_tf.masks import TaskMask, UnitLayout
from hypermask_tf.units.keras_graph import graph_of

# Apart from rounding, that of half precision too. Mistakes are of the order of 1.
_TOLERANCE = 0.05


def agrees(
    narrow: Any, target: keras.Model, layout: UnitLayout, counts: Sequence[int]
) -> bool:
    """Runs both on random inputs and weights: with the first units, and with any.

    The first of a group are where an order that changes with the task shows: among
    random ones as many may stand before a shortcut's maps as behind.
    """
    return all(
        _agree(narrow, target, layout, counts, np.random.default_rng(1), anywhere)
        for anywhere in (False, True)
    )


def _agree(
    narrow: Any,
    target: keras.Model,
    layout: UnitLayout,
    counts: Sequence[int],
    random: np.random.Generator,
    anywhere: bool,
) -> bool:
    scores = random.uniform(0.5, 2.0, layout.num_scores).astype("float32")
    on = np.concatenate(
        [
            (random.permutation(size) if anywhere else np.arange(size)) < count
            for size, count in zip(layout.group_sizes, counts, strict=True)
        ]
    )
    mask = TaskMask(layout, ops.convert_to_tensor(scores), ops.convert_to_tensor(on))
    trainable = [_draw(random, v) for v in target.trainable_variables]
    fixed = [_draw(random, v) for v in target.non_trainable_variables]
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
    return all(
        _close(ops.convert_to_numpy(a), ops.convert_to_numpy(b))
        for a, b in zip(
            keras.tree.flatten(expected), keras.tree.flatten(received), strict=True
        )
    )


def _close(expected: np.ndarray, received: np.ndarray) -> bool:
    scale = np.abs(expected.astype("float64")).max(initial=1e-12)
    gap = np.abs(expected.astype("float64") - received).max(initial=0)
    return bool(np.isfinite(gap) and gap <= _TOLERANCE * scale)


def _draw(random: np.random.Generator, variable: Any) -> Any:
    """Weights that keep the scale of what goes through, none of them zero."""
    shape = tuple(variable.shape)
    if "float" not in keras.backend.standardize_dtype(variable.dtype):
        return ops.convert_to_tensor(variable.value)
    if len(shape) < 2:
        values = random.uniform(0.5, 1.5, shape)
    else:
        values = random.normal(size=shape) / np.sqrt(np.prod(shape[:-1]))
    return ops.convert_to_tensor(values, dtype=variable.dtype)


def _sample(random: np.random.Generator, tensor: Any) -> Any:
    shape = [1, *(size or 8 for size in tensor.shape[1:])]
    if "float" in keras.backend.standardize_dtype(tensor.dtype):
        return ops.convert_to_tensor(random.uniform(-1, 1, shape), dtype=tensor.dtype)
    return ops.zeros(shape, dtype=tensor.dtype)
