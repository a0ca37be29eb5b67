"""Training with data, order and steps on the device."""

import abc
import contextlib
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from hypermask_tf.compiling import first_step
from hypermask_tf.learner import data_checks
from hypermask_tf.training.level_codes import LevelCodes
from hypermask_tf.training.sequence_checks import check_device_loop

Tensor = Any


class DeviceLoop(abc.ABC):
    """A train function for `keras.Model.fit` that runs many steps per call.

    `fit` feeds one batch at a time from the host. Here the data of a task lie on the
    device, as bytes where that loses nothing, and `fit` only hands over which samples
    each step takes. One compiled function makes the batches, augments them and takes
    the steps. Losses, metrics, callbacks and validation are those of `fit`, because
    `fit` runs them, and a step is the model's own `train_step`.

    Compiled once per model: tasks of any number of samples share it. What differs
    between backends lies in `TensorFlowLoop` and `JAXLoop`; `on_device` chooses.

    Args:
        model: A compiled `HyperMask`.

    Raises:
        ValueError: As `check_device_loop` does.
    """

    def __init__(self, model: Any) -> None:
        check_device_loop(model)
        self._model = model
        self._steps = int(model.steps_per_execution)
        self._data: tuple[Tensor, ...] = ()

    def put(self, x: np.ndarray, y: np.ndarray) -> None:
        """Brings the samples of a task to the device.

        Args:
            x: Samples, `(n, ...)`.
            y: Labels, `(n,)`.
        """
        data_checks.check_data(x, y, self._model.loss, self._model.target)
        first_step.make_optimizer(self._model)
        if not self._model.metrics_made:
            one = (keras.ops.convert_to_tensor(a[:1]) for a in (x, y))
            first_step.make_metrics(self._model, *one)
        packed = LevelCodes.of(x)
        codes, table = (packed.codes, packed.table) if packed else (x, np.zeros(0))
        self._data = tuple(
            keras.ops.convert_to_tensor(array)
            for array in (codes, y, table.astype("float32"))
        )

    def release(self) -> None:
        """Lets go of the samples."""
        self._data = ()

    @property
    def data_bytes(self) -> int:
        """Bytes that the samples take on the device."""
        return sum(
            int(np.prod(t.shape))
            * np.dtype(keras.backend.standardize_dtype(t.dtype)).itemsize
            for t in self._data
        )

    @abc.abstractmethod
    def feed(self, rows: np.ndarray) -> Any:
        """What `fit` is to hand over instead of batches.

        Args:
            rows: Which samples each step takes, `(steps, batch)`, from `batch_rows`.
        """


@contextlib.contextmanager
def on_device(model: Any, x: np.ndarray, y: np.ndarray) -> Iterator[DeviceLoop]:
    """While this lasts, `model.fit` takes the loop's `feed` and learns on the device.

    Args:
        model: A compiled `HyperMask`. It keeps its loop for the next task.
        x: Samples, `(n, ...)`.
        y: Labels, `(n,)`.

    Raises:
        ValueError: As `DeviceLoop` does.
    """
    check_device_loop(model)
    model.refresh()  # what was changed from outside asks for another loop
    if model.device_loop is None:
        model.device_loop = _loop_of_backend()(model)
    loop, before = model.device_loop, model.train_function
    loop.put(x, y)
    model.train_function = loop
    try:
        yield loop
    finally:
        model.train_function = before
        loop.release()


def _loop_of_backend() -> type[DeviceLoop]:
    """The loop for the backend; the module of another one is not even imported."""
    if keras.backend.backend() == "jax":
        from hypermask_tf.training.jax_loop import JAXLoop

        return JAXLoop
    from hypermask_tf.training.tensorflow_loop import TensorFlowLoop

    return TensorFlowLoop
