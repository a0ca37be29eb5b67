"""Learners that an earlier version saved, and what they said then.

`make_keras_files.py` wrote them; `golden_keras_files_test.py` reads them.
"""

import pathlib
from typing import Any, NamedTuple

import keras
import numpy as np

import hypermask_tf as hm

FOLDER = pathlib.Path(__file__).parents[1] / "data" / "golden_keras"
# What `fit` tells of a step, where a learner has it.
_TERMS = ("loss", "task_loss", "output_regularization", "weight_regularization")
_TERMS += ("outlier_loss",)
_STEPS = 2


class Data(NamedTuple):
    """Samples to predict, and to learn from: of the latest task, and of a new one."""

    x: np.ndarray
    latest_x: np.ndarray
    latest_y: np.ndarray
    next_x: np.ndarray
    next_y: np.ndarray


def quick(model: hm.HyperMask) -> hm.HyperMask:
    """The learner, op by op on TensorFlow: tracing takes longer than these steps.

    The setting is the object's and not of its file. JAX would be slower so.
    """
    model.run_eagerly = keras.backend.backend() == "tensorflow"
    return model


def load(name: str) -> hm.HyperMask:
    """The learner of `<name>.keras`."""
    return quick(keras.models.load_model(FOLDER / f"{name}.keras"))


def recorded(name: str) -> dict[str, np.ndarray]:
    """The arrays of `<name>.npz`."""
    with np.load(FOLDER / f"{name}.npz") as arrays:
        return dict(arrays)


def data_of(arrays: dict[str, np.ndarray]) -> Data:
    """The samples among recorded arrays."""
    return Data(*(arrays[name] for name in Data._fields))


def predictions(model: hm.HyperMask, x: np.ndarray) -> np.ndarray:
    """What is predicted for every learned task, `(tasks, samples, classes)`."""
    return np.stack(
        [
            model.predict(x, task=task, batch_size=len(x), verbose=0)
            for task in range(model.num_learned_tasks)
        ]
    )


def baked_outputs(model: hm.HyperMask, x: np.ndarray) -> np.ndarray:
    """Outputs of the plain model of every learned task, likewise."""
    tasks = range(model.num_learned_tasks)
    return np.stack([keras.ops.convert_to_numpy(model.bake(task)(x)) for task in tasks])


def units_on(model: hm.HyperMask) -> np.ndarray:
    """Which scores of every learned task are on, `(tasks, scores)`."""
    return np.stack([model.units_on(task) for task in range(model.num_learned_tasks)])


def go_on(model: hm.HyperMask, data: Data) -> dict[str, np.ndarray]:
    """Takes two steps more of the latest task, then two of a new one.

    Returns:
        The loss and its terms at each step, and at the end the outputs of every task
        but the new one.
    """
    latest = model.num_learned_tasks - 1
    told: dict[str, Any] = {}
    for part, task, x, y in (
        ("latest", latest, data.latest_x, data.latest_y),
        ("next", latest + 1, data.next_x, data.next_y),
    ):
        history = model.fit(
            x, y, task=task, batch_size=len(x), epochs=_STEPS, shuffle=False, verbose=0
        ).history
        for term in _TERMS:
            if term in history:
                told[f"after_{part}_{term}"] = np.float32(history[term])
    told["after_outputs"] = baked_outputs(model, data.x)[:-1]
    return told
