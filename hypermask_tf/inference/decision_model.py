"""A whole prediction as one plain Keras model, for export."""

from typing import Any

import keras
from keras import ops

# What the columns of a decision model's output are.
COLUMNS = ("task", "label", "confidence", "evidence")


def decision_model(method: Any) -> keras.Model:
    """From inputs to task, class within it, confidence, and evidence for the task.

    What `TaskInference.predict` says, without NumPy: every task's network, the
    statistics and the decision are in one graph of stock layers and operations, which
    takes inputs of any batch size and gives float32 `(n, 4)`, see `COLUMNS`.

    Args:
        method: A fitted `TaskInference`.

    Raises:
        ValueError: If statistics of a task are missing.

    Example:

    ```python
    router = hm.inference.decision_model(method)
    task, label, confidence, evidence = router.predict(x)[0]
    ```
    """
    model = method.as_model()
    inputs = keras.Input(model.inputs[0].shape[1:], name="inputs")
    total, own, scores = model(inputs)
    task = _largest(total)
    chosen = ops.one_hot(task, total.shape[-1], dtype="float32")
    label = ops.cast(_largest(scores), "float32")
    chance = ops.max(ops.softmax(scores, axis=-1), axis=-1)
    columns = [
        ops.cast(task, "float32"),
        ops.sum(chosen * label, axis=-1),
        ops.sum(chosen * ops.softmax(total, axis=-1) * chance, axis=-1),
        ops.sum(chosen * own, axis=-1),
    ]
    return keras.Model(inputs, ops.stack(columns, axis=-1), name="router")


def _largest(values: Any) -> Any:
    """Where the largest value of the last axis is.

    The arg max of Keras on TensorFlow takes an operation that LiteRT does not have.
    """
    return ops.squeeze(ops.top_k(values, 1)[1], axis=-1)
