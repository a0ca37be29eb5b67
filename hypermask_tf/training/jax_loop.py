"""The device loop on JAX."""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from hypermask_tf.training.device_loop import DeviceLoop

Tensor = Any
# What a step changes: trainable, other, optimizer and metric variables.
State = Any
Logs = dict[str, Tensor]


class JAXLoop(DeviceLoop):
    """A `jax.lax.scan` over steps, compiled as one program.

    But convolutions on a CPU are taken step by step: in a compiled loop XLA computes
    them several times slower.

    Args:
        model: As in `DeviceLoop`.
    """

    def __init__(self, model: Any) -> None:
        super().__init__(model)
        import jax

        self._gather = jax.jit(_gather)
        scans = jax.default_backend() != "cpu" or not _convolves(model.target)
        # The old state makes room for the new one.
        self._scan = jax.jit(self._take_steps, donate_argnums=0) if scans else None
        self._step = jax.jit(self._take_step, donate_argnums=0)

    def feed(self, rows: np.ndarray) -> Iterator[tuple[np.ndarray]]:
        """See `DeviceLoop`. What one call takes comes at once, and without an end."""
        starts = itertools.cycle(range(0, len(rows), self._steps))
        return ((rows[start : start + self._steps],) for start in starts)

    def __call__(self, state: State, iterator: Any) -> tuple[Logs, State]:
        """Takes as many steps as an execution has; metrics so far, and the state."""
        *samples, table = self._data
        (rows,) = next(iterator)
        # Steps are compiled for the shapes of batches, not of a task's samples.
        x, y = self._gather(*samples, rows)
        logs: Logs = {}
        if self._scan is not None:
            logs, state = self._scan(state, x, y, table)
        else:
            for codes, labels in zip(x, y, strict=True):
                logs, state = self._step(state, codes, labels, table)
        return logs, state

    def _take_steps(
        self, state: State, x: Tensor, y: Tensor, table: Tensor
    ) -> tuple[Logs, State]:
        """Takes a step on each batch; `(steps, batch, ...)` and `(steps, batch)`."""
        import jax

        def step(state: State, batch: tuple[Tensor, Tensor]) -> tuple[State, Logs]:
            logs, state = self._take_step(state, *batch, table)
            return state, logs

        state, logs = jax.lax.scan(step, state, (x, y))
        return {name: values[-1] for name, values in logs.items()}, state

    def _take_step(
        self, state: State, codes: Tensor, labels: Tensor, table: Tensor
    ) -> tuple[Logs, State]:
        import jax

        logs, new = self._model.train_step(state, (_decode(codes, table), labels))
        # Keras returns lists where it took tuples, and a scan takes one type only.
        leaves = zip(jax.tree.leaves(new), jax.tree.leaves(state), strict=True)
        kept = [after.astype(before.dtype) for after, before in leaves]
        return logs, jax.tree.unflatten(jax.tree.structure(state), kept)


def _convolves(target: Any) -> bool:
    """Whether a kernel of `target` has more axes than that of a dense layer."""
    return any(len(v.shape) > 2 for v in target.trainable_variables)


def _gather(x: Tensor, y: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
    return x[rows], y[rows]


def _decode(codes: Tensor, table: Tensor) -> Tensor:
    """Samples as floats again, bit for bit; see `LevelCodes`."""
    import jax.numpy as jnp

    if codes.dtype != jnp.uint8:
        return codes
    places = codes.astype(jnp.int32)
    if codes.ndim == 4:
        places += 256 * jnp.arange(codes.shape[-1])
    return table[places]
