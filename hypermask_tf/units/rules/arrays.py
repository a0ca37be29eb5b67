"""Variables as arrays."""

from typing import Any

import keras
import numpy as np


def array_of(variable: Any) -> np.ndarray:
    """The values of a variable, at least in float32."""
    values = keras.ops.convert_to_numpy(variable)
    return values if values.dtype == np.float64 else values.astype(np.float32)
