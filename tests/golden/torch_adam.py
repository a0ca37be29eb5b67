"""Adam with epsilon where PyTorch has it."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("hypermask_tf_tests")
class TorchAdam(keras.optimizers.Adam):
    """m̂ / (√v̂ + ε); Keras's own adds ε to √v before the correction of its bias."""

    def __init__(
        self, learning_rate: Any = 0.001, epsilon: float = 1e-8, **kwargs: Any
    ):
        super().__init__(learning_rate=learning_rate, epsilon=epsilon, **kwargs)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        index = self._get_variable_index(variable)
        m, v = self._momentums[index], self._velocities[index]
        step = ops.cast(self.iterations + 1, "float32")
        m.assign(self.beta_1 * m + (1 - self.beta_1) * gradient)
        v.assign(self.beta_2 * v + (1 - self.beta_2) * ops.square(gradient))
        corrected = ops.sqrt(v.value) / ops.sqrt(1 - self.beta_2**step) + self.epsilon
        variable.assign_sub(learning_rate / (1 - self.beta_1**step) * m / corrected)
