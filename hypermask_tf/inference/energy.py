"""The task whose logits are largest."""

from typing import Any

from keras import ops

from hypermask_tf.inference.logit_inference import LogitInference

Tensor = Any


class Energy(LogitInference):
    """Chooses the task of least free energy.

    Evidence is log Σ exp of a task's logits.

    Args:
        networks: All learned tasks' networks.
        temperature: Whether logits are divided by a temperature per task, fitted on
            its validation data.

    Example:

    ```python
    method = hm.inference.Energy(hm.inference.TaskNetworks(model))
    prediction = method.predict(x)
    ```

    Source: Liu et al. 2020, "Energy-based out-of-distribution detection", equation 4.
    """

    name = "energy"

    def of_logits(self, logits: Tensor) -> Tensor:
        return ops.logsumexp(logits, axis=-1)
