"""Training with data, order and steps on the device; TensorFlow only."""

import contextlib
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from hypermask_tf import checks
from hypermask_tf.training.level_codes import LevelCodes
from hypermask_tf.training.sequence_checks import check_device_loop

Tensor = Any


class DeviceLoop:
    """A train function for `keras.Model.fit` that runs many steps per call.

    `fit` feeds one batch at a time from the host. Here the data of a task lie on the
    device, as bytes where that loses nothing, and `fit` only hands over which samples
    each step takes. One compiled function makes the batches, augments them and takes
    the steps. Losses, metrics, callbacks and validation are those of `fit`, because
    `fit` runs them, and a step is the model's own `train_step`.

    Compiled once per model: tasks of any number of samples share it.

    Args:
        model: A compiled `HyperMask` on the TensorFlow backend.

    Raises:
        ValueError: As `check_device_loop` does.
    """

    def __init__(self, model: Any) -> None:
        check_device_loop(model)
        import tensorflow as tf

        self._model = model
        self._steps = int(model.steps_per_execution)
        self._data: tuple[Tensor, ...] = ()
        # The samples are arguments: the next task's take the place of this one's.
        self._call = tf.function(self._gather, autograph=False, reduce_retracing=True)
        self._run = tf.function(
            self._take_steps, autograph=False, jit_compile=bool(model.jit_compile)
        )

    def put(self, x: np.ndarray, y: np.ndarray) -> None:
        """Brings the samples of a task to the device.

        Args:
            x: Samples, `(n, ...)`.
            y: Labels, `(n,)`.
        """
        import tensorflow as tf

        checks.check_labels(y, self._model.loss, self._model.target)
        _build(self._model, x[:1], y[:1])
        packed = LevelCodes.of(x)
        codes, table = (packed.codes, packed.table) if packed else (x, np.zeros(0))
        self._data = tuple(tf.constant(a) for a in (codes, y, table.astype("float32")))

    def release(self) -> None:
        """Lets go of the samples."""
        self._data = ()

    @property
    def data_bytes(self) -> int:
        """Bytes that the samples take on the device."""
        return sum(int(t.shape.num_elements()) * t.dtype.size for t in self._data)

    def __call__(self, iterator: Any) -> dict[str, Tensor]:
        """Takes as many steps as an execution has; returns the metrics so far."""
        logs: dict[str, Tensor] = self._call(iterator, *self._data)
        return logs

    def _gather(
        self, iterator: Any, x: Tensor, y: Tensor, table: Tensor
    ) -> dict[str, Tensor]:
        """Makes the batches of all steps, and takes these.

        XLA compiles for shapes: it gets those of batches, not of a task's samples.
        """
        import tensorflow as tf

        def gather(*rows: Tensor) -> tuple[Tensor, Tensor]:
            chosen = tf.stack(rows)  # (steps, batch)
            return tf.gather(x, chosen), tf.gather(y, chosen)

        rows = tuple(iterator.get_next() for _ in range(self._steps))
        batches = self._model.distribute_strategy.run(gather, args=rows)
        logs: dict[str, Tensor] = self._run(*batches, table)
        return logs

    def _take_steps(self, x: Tensor, y: Tensor, table: Tensor) -> dict[str, Tensor]:
        """Takes a step on each batch; `(steps, batch, ...)` and `(steps, batch)`."""
        import tensorflow as tf

        def step(x: Tensor, y: Tensor, i: Tensor) -> Tensor:
            self._model.train_step((_decode(x[i], table), y[i]))
            return i + 1

        # A loop of steps, each on all replicas: these meet within a step.
        def body(i: Tensor) -> tuple[Tensor]:
            self._model.distribute_strategy.run(step, args=(x, y, i))
            return (i + 1,)

        tf.while_loop(lambda i: i < self._steps, body, (tf.constant(0),))
        logs: dict[str, Tensor] = self._model.get_metrics_result()
        return logs


@contextlib.contextmanager
def on_device(model: Any, x: np.ndarray, y: np.ndarray) -> Iterator[DeviceLoop]:
    """While this lasts, `model.fit` takes batches of rows and runs them on the device.

    Args:
        model: A compiled `HyperMask`. It keeps its loop for the next task.
        x: Samples, `(n, ...)`.
        y: Labels, `(n,)`.

    Raises:
        ValueError: As `DeviceLoop` does.
    """
    if model.device_loop is None:
        model.device_loop = DeviceLoop(model)
    loop, before = model.device_loop, model.train_function
    loop.put(x, y)
    model.train_function = loop
    try:
        yield loop
    finally:
        model.train_function = before
        loop.release()


def _decode(codes: Tensor, table: Tensor) -> Tensor:
    """Samples as floats again, bit for bit; see `LevelCodes`."""
    import tensorflow as tf

    if codes.dtype != tf.uint8:
        return codes
    places = tf.cast(codes, tf.int32)
    if codes.shape.rank == 4:
        places += 256 * tf.range(codes.shape[-1])
    return tf.gather(table, places)


def _build(model: Any, x: np.ndarray, y: np.ndarray) -> None:
    """Makes what `fit` makes from its first batch, which here holds no samples."""
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    outputs = model(keras.ops.convert_to_tensor(x), training=False)
    labels = keras.ops.convert_to_tensor(y)
    model.compute_loss(x, labels, outputs, training=False)
    model.compute_metrics(x, labels, outputs)
    model.reset_metrics()
