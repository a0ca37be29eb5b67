"""Features of an input that no task changes."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers


class FixedFeatures:
    """Random features of the input: the same for all tasks, and never trained.

    Densities can be compared between tasks only if they live in one space. Features
    of a task's own network do not, and pixels are too many for a covariance per
    class. Images go through random zero-mean filters, ReLU and average pooling,
    and all inputs through a random projection. All weights are drawn from `seed`, so
    they take no room in a file of statistics.

    Args:
        dims: Width of the output.
        filters: Random filters for images; 0 for the projection alone. Inputs that
            are not `(height, width, channels)` get the projection alone.
        kernel_size: Side of a filter.
        pool_size: Side of the squares that are averaged.
        seed: What the weights are drawn from.

    Raises:
        ValueError: If a size is less than 1, or `filters` less than 0.

    Example:

    >>> features = FixedFeatures(dims=8, filters=4).model((28, 28, 1))
    >>> tuple(features(np.ones((2, 28, 28, 1))).shape)
    (2, 8)

    Source: this library's own; random filters with pooling after Jarrett et al. 2009,
    "What is the best multi-stage architecture for object recognition?", section 4.
    """

    def __init__(
        self,
        dims: int = 64,
        filters: int = 16,
        kernel_size: int = 5,
        pool_size: int = 4,
        seed: int = 0,
    ) -> None:
        if min(dims, kernel_size, pool_size) < 1 or filters < 0:
            raise ValueError(
                "Expected `dims`, `kernel_size` and `pool_size` of at least 1 and "
                f"`filters` of at least 0. Received: dims={dims}, filters={filters}, "
                f"kernel_size={kernel_size}, pool_size={pool_size}"
            )
        self.dims, self.filters, self.seed = int(dims), int(filters), int(seed)
        self.kernel_size, self.pool_size = int(kernel_size), int(pool_size)

    def model(self, shape: Sequence[int]) -> keras.Model:
        """A model of stock layers, from inputs of that shape to `(n, dims)`."""
        # The stream of `RandomState` is frozen for good; that of a `Generator` is not.
        random = np.random.RandomState(self.seed)
        x = inputs = keras.Input(tuple(shape))
        if self.filters and len(shape) == 3:
            side = self.kernel_size
            kernel = random.normal(size=(side, side, shape[-1], self.filters))
            kernel -= kernel.mean(axis=(0, 1, 2))
            norm = np.sqrt((kernel**2).sum(axis=(0, 1, 2)))
            kernel /= np.maximum(norm, 1e-6)
            filters = layers.Conv2D(self.filters, side, padding="same", use_bias=False)
            x = _fixed(filters, x, kernel)
            x = layers.ReLU()(x)
            x = layers.AveragePooling2D(self.pool_size, padding="same")(x)
        if len(x.shape) > 2:
            x = layers.Flatten()(x)
        size = int(x.shape[-1])
        projection = random.normal(size=(size, self.dims)) / np.sqrt(size)
        outputs = _fixed(layers.Dense(self.dims, use_bias=False), x, projection)
        return keras.Model(inputs, outputs, name="fixed_features")

    def get_config(self) -> dict[str, Any]:
        return {
            "dims": self.dims,
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "pool_size": self.pool_size,
            "seed": self.seed,
        }


def _fixed(layer: keras.Layer, x: Any, kernel: np.ndarray) -> Any:
    """What `layer` makes of `x` with that kernel."""
    y = layer(x)
    layer.kernel.assign(kernel)
    layer.trainable = False
    return y
