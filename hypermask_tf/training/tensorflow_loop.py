"""The device loop on TensorFlow."""

from typing import Any

import numpy as np

from hypermask_tf.training.device_loop import DeviceLoop

Tensor = Any


class TensorFlowLoop(DeviceLoop):
    """A `tf.while_loop` of steps in a `tf.function`, compiled by XLA where `fit` is.

    Args:
        model: As in `DeviceLoop`.
    """

    def __init__(self, model: Any) -> None:
        super().__init__(model)
        import tensorflow as tf

        # The samples are arguments: the next task's take the place of this one's.
        self._call = tf.function(self._gather, autograph=False, reduce_retracing=True)
        self._run = tf.function(
            self._take_steps, autograph=False, jit_compile=bool(model.jit_compile)
        )

    def feed(self, rows: np.ndarray) -> Any:
        """See `DeviceLoop`. It starts again at its end: Keras looks one batch ahead."""
        import tensorflow as tf

        return tf.data.Dataset.from_tensor_slices(rows).repeat().prefetch(8)

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


def _decode(codes: Tensor, table: Tensor) -> Tensor:
    """Samples as floats again, bit for bit; see `LevelCodes`."""
    import tensorflow as tf

    if codes.dtype != tf.uint8:
        return codes
    places = tf.cast(codes, tf.int32)
    if codes.shape.rank == 4:
        places += 256 * tf.range(codes.shape[-1])
    return tf.gather(table, places)
