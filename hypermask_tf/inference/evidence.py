"""What a method makes of the outputs of all tasks' networks."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from hypermask_tf.inference.task_networks import TaskNetworks, batched
from hypermask_tf.inference.task_outputs import TaskOutputs

Tensor = Any


class Evidence(NamedTuple):
    """Evidence for every task, and scores of its classes.

    Attributes:
        total: `(n, tasks)`: its softmax is the probability of the tasks.
        own: `(n, tasks)`: the evidence that tells how typical an input is of a task.
        scores: `(n, tasks, classes)`: their softmax is the probability of the classes,
            given the task.
    """

    total: Any
    own: Any
    scores: Any


def evidence_model(method: Any) -> keras.Model:
    """From inputs to the three parts of `Evidence`, all tasks' networks included."""
    networks: TaskNetworks = method.networks
    inputs = keras.Input(networks.model.inputs[0].shape[1:], name="inputs")
    outputs = networks.outputs(networks.model(inputs))
    return keras.Model(inputs, list(method.evidence(outputs)))


def run(model: keras.Model, x: np.ndarray, batch_size: int) -> Evidence:
    """Evidence on all of `x`, as float arrays; one compiled call per batch."""
    parts = []
    for batch, count in batched(x, batch_size):
        values = model.predict_on_batch(batch)
        parts.append(
            Evidence(*(np.asarray(value[:count], "float64") for value in values))
        )
    return joined(parts)


def joined(parts: Sequence[Evidence]) -> Evidence:
    """Evidence on several batches as one."""
    return Evidence(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def from_outputs(method: Any, outputs: TaskOutputs) -> Evidence:
    """Evidence on outputs that are there already, as float arrays."""
    return Evidence(
        *(
            np.asarray(ops.convert_to_numpy(part), "float64")
            for part in method.evidence(outputs)
        )
    )
