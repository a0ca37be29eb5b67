"""Convolutions: plain, transposed and in groups."""

from typing import Any

import numpy as np

from hypermask_tf.units.rules.arrays import array_of
from hypermask_tf.units.rules.kernel import Kernel
from hypermask_tf.units.rules.registry import register_rule
from hypermask_tf.units.rules.rule import Arrays, Rule
from hypermask_tf.units.step import Step
from hypermask_tf.units.unit_recorder import UnitRecorder


@register_rule("Conv1D", "Conv2D", "Conv3D")
class Conv(Kernel):
    """A kernel (…, in, out)."""

    @classmethod
    def of(cls, step: Step) -> Rule:
        return GroupedConv(step) if step.operation.groups > 1 else cls(step)


@register_rule("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose")
class TransposedConv(Kernel):
    """A kernel (…, out, in).

    How many taps reach an output depends on its place, so nothing but zeros is
    folded.
    """

    in_axis, out_axis = -1, -2

    def _has_no_edge(self) -> bool:
        return False


class GroupedConv(Kernel):
    """A kernel (…, in / groups, out): each filter reads the channels of its group.

    Keras wants groups of one size, so groups that remain keep as many channels as
    the largest of them; groups of which nothing remains go.
    """

    def _made(self, recorder: UnitRecorder, kernel: Any, units: np.ndarray) -> Any:
        rank, filters = len(kernel.shape), kernel.shape[-1]
        spec = recorder.make(kernel, (rank - 1,), None)
        spec.pair_axes = (rank - 2, rank - 1)
        by_group = units.reshape(self._groups, -1)
        spec.pair_units.append(np.repeat(by_group, filters // self._groups, axis=0).T)
        return spec.out_units

    def balanced(self, kept_in: Arrays, kept_out: Arrays) -> tuple[Arrays, Arrays]:
        both = [kept[0].reshape(self._groups, -1) for kept in (kept_in, kept_out)]
        alive = np.any(np.concatenate(both, axis=1), axis=1)
        first, second = (_filled(kept, alive).ravel() for kept in both)
        return [first], [second]

    def config(self, kept_in: Arrays, kept_out: Arrays) -> dict[str, Any]:
        alive = np.any(kept_in[0].reshape(self._groups, -1), axis=1)
        return {**super().config(kept_in, kept_out), "groups": int(alive.sum())}

    def weights(self, kept_in: Arrays, kept_out: Arrays) -> dict[str, np.ndarray]:
        kernel = array_of(self._kernel)
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

    @property
    def _groups(self) -> int:
        return int(self.step.operation.groups)

    def _measure(self) -> tuple[np.ndarray, np.ndarray]:
        reach, mass = super()._measure()
        return _block_diagonal(reach, self._groups), _block_diagonal(mass, self._groups)


def _filled(kept: np.ndarray, alive: np.ndarray) -> np.ndarray:
    """`kept`, `(groups, size)`, with more of each living group up to the largest."""
    most = max(1, int(kept.sum(axis=1).max()))
    missing = most - kept.sum(axis=1, keepdims=True)
    more = kept | (~kept & (np.cumsum(~kept, axis=1) <= missing))
    return np.where(alive[:, None], more, kept)


def _block_diagonal(kernel: np.ndarray, groups: int) -> np.ndarray:
    """`(in / groups, out)` as `(in, out)` with zeros between groups."""
    size, out = kernel.shape
    blocks = np.zeros((groups, size, groups, out // groups), dtype=kernel.dtype)
    for g in range(groups):
        blocks[g, :, g] = kernel.reshape(size, groups, -1)[:, g]
    return blocks.reshape(groups * size, out)
