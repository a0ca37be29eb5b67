"""Methods by name."""

import os
from typing import Any

from hypermask_tf.inference import storage
from hypermask_tf.inference.density_energy import DensityEnergy
from hypermask_tf.inference.energy import Energy
from hypermask_tf.inference.entropy import Entropy
from hypermask_tf.inference.fecam import FeCAM
from hypermask_tf.inference.input_density import InputDensity
from hypermask_tf.inference.max_softmax import MaxSoftmax
from hypermask_tf.inference.task_inference import TaskInference
from hypermask_tf.inference.task_networks import TaskNetworks

METHODS: dict[str, type[TaskInference]] = {
    method.name: method
    for method in (Entropy, MaxSoftmax, Energy, FeCAM, InputDensity, DensityEnergy)
}
# The same with other arguments, under a name of their own.
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "fecam_tukey": (FeCAM.name, {"tukey": 0.5}),
    "fecam_task": (FeCAM.name, {"mode": "task"}),
    "density_alone": (InputDensity.name, {"mode": "class"}),
}
NAMES = (*METHODS, *VARIANTS)
# Chosen on validation data: docs/inference.md.
DEFAULT = InputDensity.name


def get(name: str, networks: TaskNetworks, **arguments: Any) -> TaskInference:
    """A method by name.

    Args:
        name: One of `METHODS` or `VARIANTS`.
        networks: All learned tasks' networks.
        **arguments: Those of the method; they win over a variant's.

    Raises:
        ValueError: If there is none of that name.

    Example:

    ```python
    method = hm.inference.get("fecam_tukey", hm.inference.TaskNetworks(model))
    ```
    """
    if name not in NAMES:
        raise ValueError(
            f"Expected one of the methods {list(NAMES)}. Received: {name!r}"
        )
    base, own = VARIANTS.get(name, (name, {}))
    return METHODS[base](networks, **{**own, **arguments})


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
