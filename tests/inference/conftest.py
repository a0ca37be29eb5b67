"""Networks of three tasks and methods fitted to them, without any training.

Masks and weights are random; what is tested here are formulas and what must hold for
any network.
"""

from typing import Any

import numpy as np
import pytest

import hypermask_tf as hm
from hypermask_tf import inference
from hypermask_tf.inference import TaskInference, TaskNetworks
from tests.hypermask import builders


@pytest.fixture(scope="session")
def learner() -> hm.HyperMask:
    model = builders.learner()
    builders.shake(model.target.trainable_variables)
    for task in range(builders.TASKS):
        model.begin_task(task)
    return model


@pytest.fixture(scope="session")
def networks(learner: hm.HyperMask) -> TaskNetworks:
    return TaskNetworks(learner)


def fitted(name: str, networks: TaskNetworks, **arguments: Any) -> TaskInference:
    """A method, fitted to three clouds per task."""
    method = inference.get(name, networks, **arguments)
    for task in range(networks.num_tasks):
        x, y = builders.data(task, 96)
        keep = y < networks.classes[task]
        method.fit(task, x[keep], y[keep])
    return method


@pytest.fixture(scope="session")
def methods(networks: TaskNetworks) -> dict[str, TaskInference]:
    return {name: fitted(name, networks) for name in inference.NAMES}


@pytest.fixture(scope="session")
def x() -> np.ndarray:
    """Seven inputs of every task."""
    return np.concatenate([builders.data(task, 103)[0][96:] for task in range(3)])
