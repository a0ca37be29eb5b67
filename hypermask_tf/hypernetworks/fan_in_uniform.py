"""The initialiser of the authors' code, for kernels and for their biases."""

import math
from typing import Any

import keras


def fan_in_uniform(fan_in: int) -> keras.initializers.Initializer:
    """Uniform in ±1/sqrt(fan_in), for a kernel and its bias alike.

    Args:
        fan_in: Number of inputs of the layer.
    """
    limit = 1.0 / math.sqrt(fan_in)
    return keras.initializers.RandomUniform(-limit, limit)


@keras.saving.register_keras_serializable("hypermask_tf")
class RowNormal(keras.initializers.Initializer):
    """N(0, 1) rows that depend only on the seed and the row's index.

    A table with more rows begins with the rows of a smaller one, so a run planned
    for five tasks and one planned for ten start from the same embeddings.

    Args:
        seed: An integer.
    """

    def __init__(self, seed: int = 0) -> None:
        self.seed = int(seed)

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        rows = [
            keras.random.normal(
                tuple(shape[1:]), dtype=dtype or "float32", seed=self.seed + 7919 * row
            )
            for row in range(shape[0])
        ]
        return keras.ops.stack(rows)

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed}
