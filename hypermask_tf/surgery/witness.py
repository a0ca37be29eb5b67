"""What a learner said when it was saved, so that a loaded one can be held to it."""

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from hypermask_tf.surgery.compare import DifferentNetworkError
from hypermask_tf.surgery.network import Network
from hypermask_tf.surgery.sample import OPEN_SIZES, make_sample

# Other processors, backends and versions round otherwise.
_TOLERANCE = 1e-3
_MOST_TASKS, _MOST_NUMBERS = 3, 64
_RECORD = "record"


class Witness(keras.layers.Layer):
    """Writes down, in a saved learner, what its networks make of a made-up sample.

    A file names classes and functions, and whoever loads it may have others of those
    names: an activation of your own called `relu` becomes Keras's. So networks are run
    again when a file has been loaded. It has no weights and computes nothing.

    It must be the last part of the learner that Keras loads. Those go by the names of
    attributes, private ones last: `_witness` comes behind all that is compared.

    Args:
        learner: Gives the learner.
    """

    def __init__(self, learner: Any, **kwargs: Any) -> None:
        super().__init__(name="witness", **kwargs)
        self._learner = learner
        self._failure = ""
        self.built = True

    def save_own_variables(self, store: Any) -> None:
        record = self._record()
        if record:
            text = json.dumps(record).encode()
            store[_RECORD] = np.frombuffer(text, dtype="uint8")

    def load_own_variables(self, store: Any) -> None:
        """Compares the learner with what was written.

        Raises:
            DifferentNetworkError: If a task's network computes something else; the
                first layer that differs is named.
        """
        if _RECORD in set(store.keys()):
            text = np.asarray(store[_RECORD]).tobytes().decode()
            self._failure = self._compare(json.loads(text))
        # Keras comes here again, with nothing, and would take that for a success.
        if self._failure:
            raise DifferentNetworkError(self._failure)

    def _compare(self, record: list[Any]) -> str:
        """What differs from what was written; empty if nothing does."""
        for task, size, expected, layers in record:
            network = self._network(task)
            sample = make_sample(network.model, size)
            received = network.outputs(sample)
            if not _agree(expected, [_numbers(array) for array in received]):
                return _message(task, network, sample, layers)
        return ""

    def _record(self) -> list[Any]:
        learned = max(self._learner().num_learned_tasks, 1)
        tasks = np.linspace(0, learned - 1, min(learned, _MOST_TASKS)).astype(int)
        return [
            entry
            for task in np.unique(tasks).tolist()
            if (entry := self._entry(task)) is not None
        ]

    def _entry(self, task: int) -> list[Any] | None:
        """Task, size of the sample, outputs, and a digest of each layer's."""
        network = self._network(task)
        for size in OPEN_SIZES:
            with contextlib.suppress(Exception):  # a sample that does not suit it
                sample = make_sample(network.model, size)
                said, again = (
                    [_numbers(array) for array in network.outputs(sample)]
                    for _ in range(2)
                )
                # What is random cannot be held to anything.
                known = sample is not None and _agree(said, again)
                return (
                    [task, size, said, list(_digests(network, sample))]
                    if known
                    else None
                )
        return None

    def _network(self, task: int) -> Network:
        network: Network = self._learner().state.network_of(task)
        return network


def _numbers(array: np.ndarray) -> list[float]:
    """Some of the numbers of an array, and how many there are."""
    flat = np.nan_to_num(np.ravel(array).astype("float64"))
    some = np.linspace(0, flat.size - 1, min(flat.size, _MOST_NUMBERS)).astype(int)
    return [float(flat.size), *flat[some].tolist()]


def _digests(network: Network, sample: Any) -> Iterator[list[Any]]:
    for path, arrays in network.layers(sample):
        yield [path, [_moments(array) for array in arrays]]


def _moments(array: np.ndarray) -> list[float]:
    values = np.nan_to_num(np.ravel(array).astype("float64"))
    return (
        [float(values.mean()), float(np.sqrt(np.mean(values**2)))]
        if values.size
        else []
    )


def _agree(expected: list[list[float]], received: list[list[float]]) -> bool:
    if [len(part) for part in expected] != [len(part) for part in received]:
        return False
    return all(
        np.abs(np.subtract(a, b)).max() <= _TOLERANCE * np.abs(a[1:]).max(initial=1e-6)
        for a, b in zip(expected, received, strict=True)
    )


def _near(expected: list[float], received: list[float]) -> bool:
    size = np.abs(expected).max(initial=0)
    return np.allclose(expected, received, rtol=_TOLERANCE, atol=_TOLERANCE * size)


def _message(task: int, network: Network, sample: Any, layers: list[Any]) -> str:
    name = "one that has no graph to look into"
    for (path, before), (other, now) in zip(
        layers, _digests(network, sample), strict=False
    ):
        if not all(
            np.allclose(
                a, b, rtol=_TOLERANCE, atol=_TOLERANCE * np.abs(a).max(initial=0)
            )
            for a, b in zip(before, now, strict=True)
        ):
            name = f"{path!r}" if path == other else f"{path!r}, now {other!r}"
            break
    return (
        f"The loaded network of task {task} computes something else than the one that "
        f"was saved: the first layer that differs is {name}. A file names classes and "
        "functions: load it with `custom_objects` that hold yours, under names that "
        "Keras has not taken, and let `get_config` of a layer return all it takes."
    )
