"""The rule for operations that move values within their channel."""

import numpy as np

from hypermask_tf.compaction.rules.barrier import Arrays, Barrier
from hypermask_tf.compaction.sites import Sites
from hypermask_tf.units.step import Step

# Stands for an axis of unknown size: odd, so that strides meet an uneven edge.
_ANY_SIZE = 17
# Powers of two: however few digits a dtype has, it rounds them all alike.
_VALUES = 2.0 ** np.arange(-8, 8)


class Structural(Barrier):
    """Pooling, padding, cropping, slicing, repeating: channel i stays channel i.

    What such a call does is not read off its arguments but tried out, on tensors
    that hold the same value all over a channel. Channels of one value in one trial
    have different ones in another.

    Attributes:
        channelwise: Whether a channel of the output is the same channel of the input
            times a number, 0 for padding, that may differ between places only.
        uniform: Whether a channel that is constant stays so, with the same value.
    """

    def __init__(self, step: Step, widths: tuple[list[int], list[int]]) -> None:
        super().__init__(step, widths)
        self.channelwise, self.uniform = False, False
        if self.in_widths == self.out_widths:
            self._try_out()

    def constants(self, inputs: Arrays) -> Arrays:
        values = inputs[0]
        return [values if self.uniform else np.where(values == 0, 0.0, np.nan)]

    def needs(self, constants: Arrays, needed: Arrays) -> Arrays:
        return needed

    def _sites(self, pool: Sites, inputs: Arrays) -> Arrays:
        return inputs

    def _try_out(self) -> None:
        channels = _names(self.in_widths[0])
        trials = [sign * values for values in channels for sign in (1, -1)]
        one = None
        for values in trials:
            factors = self._factors(values)
            if factors is None:
                return
            one = factors[..., :1] if one is None else one
            if not np.isclose(factors, one, 1e-2, 1e-6).all():
                return
        self.channelwise = True
        self.uniform = one is not None and bool(np.isclose(one, 1, 1e-2).all())

    def _factors(self, values: np.ndarray) -> np.ndarray | None:
        """What became of each channel's value, as its multiple; None if not known."""
        batch, *middle, _width = self.step.input_shapes[0]
        ones = np.ones((batch or 1, *(size or _ANY_SIZE for size in middle), 1))
        try:
            result = self.step.run([ones * values])
        except Exception:
            # Whatever it needs, a plain tensor is not it; a barrier is exact.
            return None
        fits = result.size and result.shape[-1] == values.size
        return result / values if fits else None


def _names(channels: int) -> list[np.ndarray]:
    """Arrays with one value per channel; together they differ between any two."""
    numbers, base = np.arange(channels), len(_VALUES)
    arrays = [_VALUES[numbers % base]]
    while (numbers := numbers // base).any():
        arrays.append(_VALUES[numbers % base])
    return arrays
