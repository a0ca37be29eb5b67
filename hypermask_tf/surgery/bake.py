"""From a learner and a task to a plain Keras model."""

from typing import Any

import keras

from hypermask_tf.keras_private import all_layers
from hypermask_tf.normalization import TransductiveBatchNormalization
from hypermask_tf.surgery.clone import clone_network
from hypermask_tf.surgery.compare import check_same, tolerance_for
from hypermask_tf.surgery.network import Network
from hypermask_tf.surgery.state import assign_values


def bake(state: Any, task: int, dtype: str | None = None) -> keras.Model:
    """A stock Keras model with the weights m ⊙ θ and normalisation of `task`.

    Args:
        state: Of a learner.
        task: A task within its capacity. Where its head has fewer outputs than the
            target's, the others are still there, and say that they are absent.
        dtype: Dtype policy of the result; None keeps the target's.

    Raises:
        ValueError: If the target uses `TransductiveBatchNormalization`, or what was
            made does not compute what the learner does.
    """
    for layer in all_layers(state.target):
        if isinstance(layer, TransductiveBatchNormalization):
            raise ValueError(
                "A network that normalises by batch statistics at test time cannot "
                "be baked: at batch 1 it would predict something else. Build the "
                "target with keras.layers.BatchNormalization. "
                f"Received: layer {layer.name!r}"
            )
    trainable, fixed = state.task_values(task)
    count = state.num_outputs(task)
    baked = clone_network(state.target, dtype)
    assign_values(baked, trainable, fixed)
    check_same(
        Network(state.target, trainable, fixed, count),
        Network(baked, num_outputs=count),
        "`bake`",
        tolerance_for(state.target, baked),
    )
    return baked
