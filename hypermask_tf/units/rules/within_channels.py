"""Layers and operations that move values within their channel."""

from functools import cached_property

import numpy as np

from hypermask_tf.units.rules.registry import register_rule
from hypermask_tf.units.rules.rule import Arrays, Rule
from hypermask_tf.units.unit_pool import UnitPool

# Stands for an axis of unknown size: odd, so that strides meet an uneven edge.
_ANY_SIZE = 17
# Powers of two: however few digits a dtype has, it rounds them all alike.
_VALUES = 2.0 ** np.arange(-8, 8)


@register_rule(
    *"MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D "
    "AveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D "
    "GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D "
    "AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D "
    "AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D ZeroPadding1D "
    "ZeroPadding2D ZeroPadding3D Cropping1D Cropping2D Cropping3D UpSampling1D "
    "UpSampling2D UpSampling3D Resizing CenterCrop RepeatVector AveragePool MaxPool "
    "AdaptiveAveragePool AdaptiveMaxPool".split()
)
class WithinChannels(Rule):
    """Pooling, padding, cropping, repeating: channel i stays channel i.

    What becomes of the values is not read off the arguments but tried out, on tensors
    that hold the same value all over a channel.
    """

    keeps_channels = True

    def pass_units(self, pool: UnitPool, inputs: Arrays) -> Arrays | None:
        return inputs[:1]

    def applies(self) -> bool:
        return self.is_one_to_one and self._stays_in_place()

    def constants(self, inputs: Arrays) -> Arrays:
        values = inputs[0]
        return [values if self._trial[1] else np.where(values == 0, 0.0, np.nan)]

    def needs(self, constants: Arrays, needed: Arrays) -> Arrays:
        return needed

    def _stays_in_place(self) -> bool:
        """Whether a channel of the output is the same channel of the input."""
        return self._trial[0]

    @cached_property
    def _trial(self) -> tuple[bool, bool]:
        """What a trial says of channels that are constant.

        Returns:
            Whether a channel of the output is the same channel of the input times a
            number, 0 for padding, that may differ between places only; and whether
            that number is 1 everywhere, so that the channel stays constant.
        """
        if self.in_widths != self.out_widths:
            return False, False
        # Channels of one value in one trial have different ones in another.
        trials = [s * values for values in _names(self.in_widths[0]) for s in (1, -1)]
        one = None
        for values in trials:
            factors = self._factors(values)
            if factors is None:
                return False, False
            one = factors[..., :1] if one is None else one
            if not np.isclose(factors, one, 1e-2, 1e-6).all():
                return False, False
        return True, one is not None and bool(np.isclose(one, 1, 1e-2).all())

    def _factors(self, values: np.ndarray) -> np.ndarray | None:
        """What became of each channel's value, as its multiple; None if not known."""
        batch, *middle, _width = self.step.input_shapes[0]
        ones = np.ones((batch or 1, *(size or _ANY_SIZE for size in middle), 1))
        try:
            result = self.step.run([ones * values])
        except Exception:
            # Whatever it needs, a plain tensor is not it; to know nothing is exact.
            return None
        fits = result.size and result.shape[-1] == values.size
        return result / values if fits else None

    def _in_training(self) -> bool:
        # Resizing says `training=True` by itself, and means nothing by it.
        return False


def _names(channels: int) -> list[np.ndarray]:
    """Arrays with one value per channel; together they differ between any two."""
    numbers, base = np.arange(channels), len(_VALUES)
    arrays = [_VALUES[numbers % base]]
    while (numbers := numbers // base).any():
        arrays.append(_VALUES[numbers % base])
    return arrays
