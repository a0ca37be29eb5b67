"""Whether a network at its own width computes what the whole one does: it is tried."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from hypermask_tf.keras_private import all_layers
from hypermask_tf.masks import TaskMask, UnitLayout, apply_mask
from hypermask_tf.surgery.network import Network
from hypermask_tf.surgery.sample import fitting_size
from hypermask_tf.units import FIXED
from hypermask_tf.units.keras_graph import graph_of

_SAMPLES, _TRIES = 4, 8
_LEAST_SPREAD = 1e-3
# Of how much outputs differ between samples. Rounding stays below, that of products in
# TF32 too; a channel in the wrong place does not. What cannot be told apart in half
# precision is not trusted.
_TOLERANCE = 5e-3
_HALF_TOLERANCE = 0.02


def disagreement(
    compact: Any, target: keras.Model, layout: UnitLayout, counts: Sequence[int]
) -> str:
    """Runs both on random samples and weights: with the first units, and with any.

    The first of a group are where an order that changes with the task shows: among
    random ones as many may stand before a shortcut's maps as behind.

    Returns:
        What is wrong, with the name of the layer; empty if they agree.
    """
    try:
        open_size = fitting_size(target)
    except ValueError as error:
        return f"it does not run on made-up inputs: {str(error).splitlines()[0]}"
    for anywhere in (False, True):
        for seed in range(_TRIES):
            random = np.random.default_rng(seed)
            trial = _Trial(compact, target, layout, counts, random, anywhere, open_size)
            verdict = trial.verdict()
            if verdict:
                return verdict
            if verdict is not None:
                break  # they agree, on weights that say something
        else:
            return f"its outputs do not depend on its inputs in a trial, {trial.flat()}"
    return ""


class _Trial:
    """Both networks on one draw of weights, units and samples.

    Args:
        compact: The network at another width.
        target, layout, counts: As in `make_own_width`.
        random: Draws everything.
        anywhere: Whether any units are on, or the first of each group.
        open_size: Of axes that may have any size.
    """

    def __init__(
        self,
        compact: Any,
        target: keras.Model,
        layout: UnitLayout,
        counts: Sequence[int],
        random: np.random.Generator,
        anywhere: bool,
        open_size: int,
    ) -> None:
        self._compact, self._layout = compact, layout
        scores = random.uniform(1.0, 3.0, layout.num_scores).astype("float32")
        self._on = np.concatenate(
            [
                (random.permutation(size) if anywhere else np.arange(size)) < count
                for size, count in zip(layout.group_sizes, counts, strict=True)
            ]
        )
        self._mask = TaskMask(
            layout, ops.convert_to_tensor(scores), ops.convert_to_tensor(self._on)
        )
        share = sum(counts) / sum(layout.group_sizes)
        self._trainable = [_draw(random, v, share) for v in target.trainable_variables]
        self._fixed = [_draw(random, v, share) for v in target.non_trainable_variables]
        masked = [
            value if factor is None else apply_mask(value, factor)
            for value, factor in zip(self._trainable, self._mask.masks, strict=True)
        ]
        self._whole = Network(target, masked, self._fixed)
        symbolic = graph_of(target).input
        self._inputs = keras.tree.map_structure(
            lambda tensor: _sample(random, tensor, open_size), symbolic
        )

    def verdict(self) -> str | None:
        """What is wrong; None if samples come to nearly the same: nothing was tried."""
        try:
            expected = self._whole.outputs(self._inputs)
        except Exception:  # each backend has its own kinds
            return f"it does not run on made-up inputs: {self._failing(self._whole)}"
        own = self._at_width()
        try:
            received = own.outputs(self._inputs)
        except Exception:
            return f"at another width {self._failing(own)}"
        tolerance = _HALF_TOLERANCE if self._is_half() else _TOLERANCE
        pairs = zip(expected, received, strict=True)
        verdicts = [_close(a, b, tolerance) for a, b in pairs]
        if False in verdicts:
            return (
                "a network of that width did not agree with it in a trial, first in "
                f"{self._first_layer(own, tolerance)}"
            )
        return None if None in verdicts else ""

    def flat(self) -> str:
        """From which layer on samples come to nearly the same."""
        for path, arrays in self._whole.layers(self._inputs):
            if all(_close(array, array, 1.0) is None for array in arrays):
                return f"from layer {path!r} on"
        return "in the end"

    def _at_width(self) -> Network:
        values = self._compact.at_width(self._trainable, self._fixed, self._mask)
        return Network(self._compact.model, *values[1:])

    def _is_half(self) -> bool:
        layers = all_layers(self._whole.model)
        dtypes = {getattr(layer, "compute_dtype", None) for layer in layers}
        return not dtypes.isdisjoint({"float16", "bfloat16"})

    def _failing(self, network: Network) -> str:
        try:
            for _ in network.layers(self._inputs):
                pass
        except ValueError as error:
            return str(error).splitlines()[0]
        return "its outputs cannot be made"

    def _first_layer(self, own: Network, tolerance: float) -> str:
        """The first layer whose units that are on are others, in whatever order."""
        units: dict[str, list[Any]] = {}
        for step in self._layout.graph.steps:
            units.setdefault(step.name, []).append(step.outputs)
        for (path, whole), (_, compact) in zip(
            self._whole.layers(self._inputs), own.layers(self._inputs), strict=False
        ):
            for a, b, numbers in zip(
                whole, compact, units.get(path, [[]])[0], strict=False
            ):
                stays = (numbers == FIXED) | self._on[numbers]
                if a.shape[-1:] == stays.shape:
                    a = a[..., stays]
                if a.shape != b.shape:
                    continue  # more than is on, or of no known place
                if _close(np.sort(a, -1), np.sort(b, -1), tolerance) is False:
                    return f"layer {path!r}"
            units.get(path, [[]])[:1] = []
        return "the outputs"


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


def _sample(random: np.random.Generator, tensor: Any, open_size: int) -> Any:
    shape = [_SAMPLES, *(size or open_size for size in tensor.shape[1:])]
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    if dtype == "string":
        return np.full(shape, "a", dtype=object)
    if "float" in dtype:
        return random.uniform(-1, 1, shape).astype("float32")
    return random.integers(0, 2, shape).astype(dtype)
