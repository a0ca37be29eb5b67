"""A trained network without the units that matter least for data."""

from typing import Any

import keras
import numpy as np
from keras import ops

from hypermask_tf import checks
from hypermask_tf.base.importance import Importance
from hypermask_tf.compaction import compact
from hypermask_tf.keras_private import all_layers
from hypermask_tf.masks import Sparsity, UnitLayout, find_roles
from hypermask_tf.surgery.clone import clone_network
from hypermask_tf.units import FIXED, VariableUnits

# Mask values of what stays are exactly 1: tanh of this is.
_ON = 100.0


def prune(
    model: keras.Model,
    x: Any,
    y: Any = None,
    *,
    loss: Any,
    sparsity: Sparsity = 50.0,
    batch_size: int = 32,
    steps: int | None = None,
) -> keras.Model:
    """A smaller network of the units of `model` that matter most for the data.

    Structured pruning: hidden units and channels go as a whole, with all weights that
    make and read them, through batch normalisation, depthwise convolutions, residual
    sums and nested models. What is left is a plain Keras model that runs on a smaller
    device; train it on to win back what it lost.

    A unit's importance is what removing its weights would change of the loss, to first
    order, over one pass of the data. In each group of units that belong together the
    least important go.

    Args:
        model: A built Functional or Sequential model. It is left as it is.
        x, y: Data of the task, in the form that `fit` takes.
        loss: The loss that it was, or is to be, trained with.
        sparsity: Percentage of each group of units that goes, 0 to below 100: one
            number, or one per group.
        batch_size: Samples that a gradient is taken over; of arrays.
        steps: Batches that are looked at; None for all.

    Returns:
        A new model, trainable and not compiled.

    Raises:
        ValueError: If the model has no graph or no hidden units, or the sparsity is out
            of range.

    Example:

    >>> layers = keras.layers
    >>> model = keras.Sequential(
    ...     [keras.Input((8,)), layers.Dense(32, "relu"), layers.Dense(2)]
    ... )
    >>> x, y = np.random.rand(64, 8), np.random.randint(0, 2, 64)
    >>> loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    >>> [w.shape for w in prune(model, x, y, loss=loss, sparsity=75).get_weights()]
    [(8, 8), (8,), (8, 2), (2,)]

    Source: Molchanov et al. 2019 (arXiv 1906.10771); groups of units are ours.
    """
    network = clone_network(model)
    for layer in all_layers(network):
        layer.trainable = True
    shares = checks.check_numbers("sparsity", sparsity)
    layout = UnitLayout(network, find_roles(network), shares, "binary")
    measured = clone_network(network)
    importance = Importance()
    measured.compile(importance, loss)
    options = {} if y is None else {"y": y, "batch_size": batch_size}
    measured.fit(x, epochs=1, steps_per_epoch=steps, verbose=0, **options)
    values = np.zeros(layout.num_scores)
    for index, total in enumerate(importance.totals):
        spec = layout.units_of(index)
        if spec is not None:
            _add(values, spec, ops.convert_to_numpy(total))
    keep = layout.keep(ops.convert_to_tensor(values, dtype="float32"))
    masks = layout.masks(ops.where(keep, _ON, 0.0), keep)
    for variable, mask in zip(network.trainable_variables, masks, strict=True):
        if mask is not None:
            variable.assign(variable.value * ops.cast(mask, variable.dtype))
    return compact(network)


def _add(values: np.ndarray, spec: VariableUnits, weights: np.ndarray) -> None:
    """Adds what weights matter to the units that they make."""
    others = tuple(a for a in range(weights.ndim) if a not in spec.out_axes)
    units, sums = spec.out_units.ravel(), weights.sum(axis=others).ravel()
    np.add.at(values, units[units != FIXED], sums[units != FIXED])
