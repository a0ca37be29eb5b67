"""Features of an input that no task changes."""

from typing import Any

import keras
import numpy as np
from keras import ops

Tensor = Any


@keras.saving.register_keras_serializable("hypermask_tf")
class FixedFeatures(keras.layers.Layer):
    """Random features of the input: the same for all tasks, and never trained.

    Densities can be compared between tasks only if they live in one space. Features
    of a task's own network do not, and pixels are too many for a covariance per
    class. Images go through random zero-mean filters, ReLU and average pooling,
    and all inputs through a random projection. All weights are drawn from `seed`, so
    they take no room in a file.

    Args:
        dims: Width of the output.
        filters: Random filters for images; 0 for the projection alone. Inputs that
            are not `(height, width, channels)` get the projection alone.
        kernel_size: Side of a filter.
        pool_size: Side of the squares that are averaged.
        seed: What the weights are drawn from.

    Call arguments:
        inputs: `(n, ...)`.

    Output: `(n, dims)`, float32.

    Raises:
        ValueError: If a size is less than 1, or `filters` less than 0.

    Example:

    >>> features = FixedFeatures(dims=8, filters=4)
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
        **kwargs: Any,
    ) -> None:
        super().__init__(trainable=False, **{"dtype": "float32", **kwargs})
        if min(dims, kernel_size, pool_size) < 1 or filters < 0:
            raise ValueError(
                "Expected `dims`, `kernel_size` and `pool_size` of at least 1 and "
                f"`filters` of at least 0. Received: dims={dims}, filters={filters}, "
                f"kernel_size={kernel_size}, pool_size={pool_size}"
            )
        self.dims, self.filters, self.seed = int(dims), int(filters), int(seed)
        self.kernel_size, self.pool_size = int(kernel_size), int(pool_size)

    def build(self, input_shape: Any) -> None:
        # The stream of `RandomState` is frozen for good; that of a `Generator` is not.
        random = np.random.RandomState(self.seed)
        shape = tuple(input_shape[1:])
        self._images = self.filters > 0 and len(shape) == 3
        if self._images:
            side = self.kernel_size
            kernel = random.normal(size=(side, side, shape[-1], self.filters))
            kernel -= kernel.mean(axis=(0, 1, 2))
            norm = np.sqrt((kernel**2).sum(axis=(0, 1, 2)))
            self._kernel = self._fixed("kernel", kernel / np.maximum(norm, 1e-6))
            sides = [-(-side // self.pool_size) for side in shape[:2]]
            shape = (*sides, self.filters)
        size = int(np.prod(shape))
        matrix = random.normal(size=(size, self.dims)) / np.sqrt(size)
        self._projection = self._fixed("projection", matrix)

    def _fixed(self, name: str, value: np.ndarray) -> Any:
        return self.add_weight(
            value.shape,
            initializer=lambda shape, dtype: ops.convert_to_tensor(value, dtype),
            trainable=False,
            name=name,
        )

    def call(self, inputs: Tensor) -> Tensor:
        x = ops.cast(inputs, "float32")
        if self._images:
            x = ops.relu(ops.conv(x, self._kernel, padding="same"))
            x = ops.average_pool(x, self.pool_size, padding="same")
        x = ops.reshape(x, (-1, int(np.prod(x.shape[1:]))))
        return ops.matmul(x, self._projection)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, int]:
        return (input_shape[0], self.dims)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "dims": self.dims,
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "pool_size": self.pool_size,
            "seed": self.seed,
        }
