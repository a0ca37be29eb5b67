"""Times training steps of a learner, as `fit` takes them."""

import time
from typing import Any

import keras
import numpy as np

from hypermask_tf.training import batch_rows, fit_task

# Milliseconds of a step, and of processor time of all cores in it.
Sample = tuple[float, float]


class _Clock(keras.callbacks.Callback):
    """Milliseconds a step of every call that runs some steps."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.samples: list[Sample] = []
        self._steps = steps
        self._began = (0.0, 0.0)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._began = time.perf_counter(), time.process_time()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        # A device may still be at work: what it says of the loss is there at its end.
        float((logs or {}).get("loss", 0.0))
        wall = time.perf_counter() - self._began[0]
        cpu = time.process_time() - self._began[1]
        self.samples.append((1e3 * wall / self._steps, 1e3 * cpu / self._steps))


class StepTimer:
    """Takes steps on a task and says how long each took.

    Args:
        model: A compiled `HyperMask`.
        x: Samples, `(n, ...)`.
        y: Labels, `(n,)`.
        batch_size: Samples per step.
        loop: `"fit"` or `"device"`, see `fit_task`.

    Attributes:
        first_step_ms: From the first call to the end of its first steps: data
            pipeline, tracing and compilation included.
    """

    def __init__(
        self, model: Any, x: np.ndarray, y: np.ndarray, batch_size: int, loop: str
    ) -> None:
        self._model, self._x, self._y = model, x, y
        self._batch, self._loop = batch_size, loop
        self.first_step_ms = 0.0

    def warm_up(self) -> None:
        """Compiles, and takes the first steps."""
        start = time.perf_counter()
        self.take(1)
        self.first_step_ms = 1e3 * (time.perf_counter() - start)
        self.take(1)

    def take(self, calls: int) -> list[Sample]:
        """Times of so many calls of the compiled function."""
        per_call = int(self._model.steps_per_execution)
        clock = _Clock(per_call)
        steps = calls * per_call
        fit_task(
            self._model,
            self._x,
            self._y,
            batch_rows(len(self._x), self._batch, steps, seed=0),
            task=max(self._model.num_learned_tasks - 1, 0),
            epoch_steps=steps,
            callbacks=[clock],
            loop=self._loop,
        )
        return clock.samples
