"""Which earlier task a new one is most like."""

from typing import Any

import keras
import numpy as np
from keras import ops


def nearest_task(
    model: Any, x: Any, y: np.ndarray, samples: int = 1000, seed: int = 0
) -> int:
    """The finished or current task whose features suit new data best.

    Each learned task's network, without its head, turns samples into features (its
    logits, where the head lies within a nested model); a ridge classifier is fitted
    on half of them and scored on the other half.

    Args:
        model: A `HyperMask` that has learned at least one task.
        x: Training samples of the new task: an array, or several where the target has
            several inputs.
        y: Their labels.
        samples: Samples to use.
        seed: Seed of their choice.

    Returns:
        The index of the best task; the latest among equals.

    Raises:
        ValueError: If no task has been learned.
    """
    from sklearn.linear_model import RidgeClassifier

    if not model.state.tasks:
        raise ValueError("No task has been learned yet: there is nothing to inherit.")
    size = len(keras.tree.flatten(x)[0])
    rows = np.random.default_rng(seed).permutation(size)[:samples]
    half = len(rows) // 2
    chosen = keras.tree.map_structure(lambda part: part[rows], x)
    scores = []
    for task in model.state.tasks:
        features = task_features(model, task)(chosen, training=False)
        features = ops.convert_to_numpy(features).reshape(len(rows), -1)
        classifier = RidgeClassifier().fit(features[:half], y[rows[:half]])
        scores.append(classifier.score(features[half:], y[rows[half:]]))
    return int(model.state.tasks[::-1][np.argmax(scores[::-1])])


def task_features(model: Any, task: int) -> keras.Model:
    """The network of `task` up to the input of its head."""
    baked = model.bake(task)
    index = model.state.roles.head.index(True)
    head = baked.trainable_variables[index]
    inputs = baked.inputs if len(baked.inputs) > 1 else baked.inputs[0]
    for layer in baked.layers:
        if any(variable is head for variable in layer.variables):
            # Within a nested model the head has no tensor here: its logits must do.
            nested = isinstance(layer, keras.Model)
            return keras.Model(inputs, baked.outputs[0] if nested else layer.input)
    return keras.Model(inputs, baked.outputs[0])
