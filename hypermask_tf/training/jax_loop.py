"""The device loop on JAX."""

import itertools
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from hypermask_tf.training.device_loop import DeviceLoop

Tensor = Any
# What a step changes: trainable, other, optimizer and metric variables.
State = Any


class JAXLoop(DeviceLoop):
    """A `jax.lax.scan` over steps, compiled as one program.

    Args:
        model: As in `DeviceLoop`.
    """

    def __init__(self, model: Any) -> None:
        super().__init__(model)
        self._gather = jax.jit(_gather)
        # The old state makes room for the new one.
        self._run = jax.jit(self._take_steps, donate_argnums=0)

    def feed(self, rows: np.ndarray) -> Iterator[tuple[np.ndarray]]:
        """See `DeviceLoop`. What one call takes comes at once, and without an end."""
        starts = itertools.cycle(range(0, len(rows), self._steps))
        return ((rows[start : start + self._steps],) for start in starts)

    def __call__(self, state: State, iterator: Any) -> tuple[dict[str, Tensor], State]:
        """Takes as many steps as an execution has; metrics so far, and the state."""
        x, y, table = self._data
        (rows,) = next(iterator)
        # Compiled for the shapes of batches, not of a task's samples.
        result: tuple[dict[str, Tensor], State] = self._run(
            state, *self._gather(x, y, rows), table
        )
        return result

    def _take_steps(
        self, state: State, x: Tensor, y: Tensor, table: Tensor
    ) -> tuple[dict[str, Tensor], State]:
        """Takes a step on each batch; `(steps, batch, ...)` and `(steps, batch)`."""

        def step(state: State, batch: tuple[Tensor, Tensor]) -> tuple[State, Any]:
            codes, labels = batch
            logs, new = self._model.train_step(state, (_decode(codes, table), labels))
            # Keras returns lists where it took tuples, and a scan takes one type only.
            leaves = zip(jax.tree.leaves(new), jax.tree.leaves(state), strict=True)
            kept = [a.astype(b.dtype) for a, b in leaves]
            return jax.tree.unflatten(jax.tree.structure(state), kept), logs

        state, logs = jax.lax.scan(step, state, (x, y))
        return {name: values[-1] for name, values in logs.items()}, state


def _gather(x: Tensor, y: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
    return x[rows], y[rows]


def _decode(codes: Tensor, table: Tensor) -> Tensor:
    """Samples as floats again, bit for bit; see `LevelCodes`."""
    if codes.dtype != jnp.uint8:
        return codes
    places = codes.astype(jnp.int32)
    if codes.ndim == 4:
        places += 256 * jnp.arange(codes.shape[-1])
    return table[places]
