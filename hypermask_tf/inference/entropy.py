"""The task whose network is least in doubt."""

from typing import Any

from keras import ops

from hypermask_tf.inference.logit_inference import LogitInference

Tensor = Any


class Entropy(LogitInference):
    """Chooses the task whose softmax has the least entropy.

    Evidence is Σ p ln p over the classes of a task. A probability of 0 counts as 0,
    where the authors' code gets NaN.

    Args:
        networks: All learned tasks' networks.
        temperature: Whether logits are divided by a temperature per task, fitted on
            its validation data.

    Example:

    ```python
    method = hm.inference.Entropy(hm.inference.TaskNetworks(model))
    prediction = method.predict(x)  # works without `fit`, as in the paper
    ```

    Source: HyperMask, arXiv 2310.00113, inference by the entropy criterion; von
    Oswald et al. 2020, "Continual learning with hypernetworks".
    """

    name = "entropy"

    def of_logits(self, logits: Tensor) -> Tensor:
        log_p = ops.log_softmax(logits, axis=-1)
        return ops.sum(ops.exp(log_p) * log_p, axis=-1)
