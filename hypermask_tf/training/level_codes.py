"""Images as single bytes, where their pixels have few values, without losing a bit."""

import dataclasses

import numpy as np
import numpy.typing as npt

_MOST_LEVELS = 256
# Enough images to meet the distance between two neighbouring values.
_LOOKED_AT = 64


@dataclasses.dataclass(frozen=True)
class LevelCodes:
    """What stands for each pixel, and what it stands for.

    Preprocessed images take four bytes a pixel, and raw ones had one. Their values are
    evenly spaced, so a code is a value's place, and a table gives back every value
    exactly as it was.

    Attributes:
        codes: uint8, of the shape of the images.
        table: float32 `(channels * 256,)`: the values of channel `c` start at 256 c.
        channels: Size of the last axis of images; 1 for other arrays.

    Example:

    >>> packed = LevelCodes.of(np.array([[0.5], [-0.25], [0.0]], "float32"))
    >>> packed.codes.ravel().tolist()
    [3, 0, 1]
    """

    codes: npt.NDArray[np.uint8]
    table: npt.NDArray[np.float32]
    channels: int

    @classmethod
    def of(cls, x: np.ndarray) -> "LevelCodes | None":
        """Codes of float32 samples `(n, ...)`; None if they have too many values."""
        if x.dtype != np.float32 or not x.size:
            return None
        channels = x.shape[-1] if x.ndim == 4 else 1
        codes = np.empty(x.shape, np.uint8)
        table = np.zeros((channels, _MOST_LEVELS), np.float32)
        for c in range(channels):
            part = np.s_[..., c] if channels > 1 else np.s_[...]
            values = x[part]
            lowest, highest = values.min(), values.max()
            seen = np.unique(values[:_LOOKED_AT])
            if len(seen) > _MOST_LEVELS or not np.isfinite(highest - lowest):
                return None
            step = np.diff(seen).min() if len(seen) > 1 else np.float32(1)
            places = np.rint((values - lowest) / step)
            if not places.max() < _MOST_LEVELS:
                return None
            codes[part] = places
            table[c, codes[part]] = values
            # Two values with one place, or a zero's sign: then bytes are not enough.
            if (
                table[c, codes[part]].tobytes()
                != np.ascontiguousarray(values).tobytes()
            ):
                return None
        return cls(codes, table.ravel(), channels)
