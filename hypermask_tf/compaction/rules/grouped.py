"""The rule for grouped convolutions."""

from typing import Any

import numpy as np

from hypermask_tf.compaction.arrays import array_of
from hypermask_tf.compaction.rules.affine import Affine
from hypermask_tf.compaction.rules.barrier import Arrays


class Grouped(Affine):
    """Convolutions in groups, kernels (…, in / groups, out).

    Keras wants groups of one size, so groups that remain keep as many positions as
    the largest of them; groups of which nothing remains go.
    """

    @property
    def _groups(self) -> int:
        return int(self.step.operation.groups)

    def balanced(self, kept_in: np.ndarray, kept_out: np.ndarray) -> Arrays:
        """The kept positions and those that must stay with them.

        Returns:
            Two bool arrays, over input and output positions.
        """
        both = [kept.reshape(self._groups, -1) for kept in (kept_in, kept_out)]
        alive = np.any(np.concatenate(both, axis=1), axis=1)
        return [_filled(kept, alive).ravel() for kept in both]

    def config(self, kept_in: Arrays, kept_out: Arrays) -> dict[str, Any]:
        return {
            **super().config(kept_in, kept_out),
            "groups": int(self._alive(kept_in[0]).sum()),
        }

    def weights(self, kept_in: Arrays, kept_out: Arrays) -> dict[str, np.ndarray]:
        kernel = array_of(self.step.operation.kernel)
        rows = np.split(self.rows, self._groups)
        columns = np.split(self.columns, self._groups)
        ins = np.split(kept_in[0], self._groups)
        outs = np.split(kept_out[0], self._groups)
        parts = [
            (part * rows[g][:, None] * columns[g])[..., ins[g], :][..., outs[g]]
            for g, part in enumerate(np.split(kernel, self._groups, axis=-1))
            if ins[g].any()
        ]
        kernel = np.concatenate(parts, axis=-1)
        return {"kernel": kernel, **self._new_bias(kept_out[0])}

    def _alive(self, kept_in: np.ndarray) -> np.ndarray:
        return np.any(kept_in.reshape(self._groups, -1), axis=1)

    def _measure(self) -> tuple[np.ndarray, np.ndarray]:
        reach, mass = super()._measure()
        return _block_diagonal(reach, self._groups), _block_diagonal(mass, self._groups)


def _filled(kept: np.ndarray, alive: np.ndarray) -> np.ndarray:
    """`kept`, `(groups, size)`, with more of each living group up to the largest."""
    most = max(1, int(kept.sum(axis=1).max()))
    return np.where(alive[:, None], _with_at_least(kept, most), kept)


def _with_at_least(rows: np.ndarray, count: int) -> np.ndarray:
    """Bool rows in which the first False ones are set until `count` are True."""
    missing = count - rows.sum(axis=1, keepdims=True)
    return rows | (~rows & (np.cumsum(~rows, axis=1) <= missing))


def _block_diagonal(kernel: np.ndarray, groups: int) -> np.ndarray:
    """`(in / groups, out)` as `(in, out)` with zeros between groups."""
    size, out = kernel.shape
    blocks = np.zeros((groups, size, groups, out // groups), dtype=kernel.dtype)
    for g in range(groups):
        blocks[g, :, g] = kernel.reshape(size, groups, -1)[:, g]
    return blocks.reshape(groups * size, out)
