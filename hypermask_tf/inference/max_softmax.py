"""The task whose network is most confident."""

from typing import Any

from keras import ops

from hypermask_tf.inference.logit_inference import LogitInference

Tensor = Any


class MaxSoftmax(LogitInference):
    """Chooses the task whose softmax has the largest probability.

    Evidence is the logarithm of that probability.

    Args:
        networks: All learned tasks' networks.
        temperature: Whether logits are divided by a temperature per task, fitted on
            its validation data.

    Example:

    ```python
    method = hm.inference.MaxSoftmax(hm.inference.TaskNetworks(model))
    prediction = method.predict(x)
    ```

    Source: Hendrycks and Gimpel 2017, "A baseline for detecting misclassified and
    out-of-distribution examples in neural networks", section 2.
    """

    name = "max_softmax"

    def of_logits(self, logits: Tensor) -> Tensor:
        return ops.max(ops.log_softmax(logits, axis=-1), axis=-1)
