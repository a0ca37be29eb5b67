"""Methods by name."""

import os
from typing import Any

from hypermask_tf.inference import storage
from hypermask_tf.inference.energy import Energy
from hypermask_tf.inference.ensemble import Ensemble
from hypermask_tf.inference.entropy import Entropy
from hypermask_tf.inference.fecam import FeCAM
from hypermask_tf.inference.input_density import InputDensity
from hypermask_tf.inference.max_softmax import MaxSoftmax
from hypermask_tf.inference.task_inference import TaskInference
from hypermask_tf.inference.task_networks import TaskNetworks

METHODS: dict[str, type[TaskInference]] = {
    method.name: method
    for method in (Entropy, MaxSoftmax, Energy, FeCAM, InputDensity, Ensemble)
}
# Chosen on validation data: docs/inference.md.
DEFAULT = Ensemble.name


def get(name: str, networks: TaskNetworks, **arguments: Any) -> TaskInference:
    """A method by name.

    Args:
        name: One of `METHODS`.
        networks: All learned tasks' networks.
        **arguments: Those of the method.

    Raises:
        ValueError: If there is none of that name.

    Example:

    >>> sorted(METHODS)
    ['density', 'energy', 'ensemble', 'entropy', 'fecam', 'max_softmax']
    """
    if name not in METHODS:
        raise ValueError(
            f"Expected one of the methods {sorted(METHODS)}. Received: {name!r}"
        )
    return METHODS[name](networks, **arguments)


def load(path: str | os.PathLike[str], networks: TaskNetworks) -> TaskInference:
    """A method as `TaskInference.save` wrote it.

    Args:
        path: The `.npz` file.
        networks: The networks it was fitted with, or their successors after further
            tasks.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is damaged, of another version, or of other tasks.
    """
    head, statistics = storage.read(path)
    storage.check_networks(head, networks)
    method = get(head["method"], networks, **head["config"])
    method.statistics = statistics
    return method
