"""What is done with a baked model in Keras: run it, and write it for conversion."""

from pathlib import Path
from typing import Any

import numpy as np

from hypermask_tf.export.examples import Examples, by_name, count, single
from hypermask_tf.export.saved_model import packed, write_saved_model
from hypermask_tf.export.task_source import TaskSource

KERAS_BATCH = 256


def save_for_conversion(model: Any, task: TaskSource, folder: Path) -> Path:
    """Writes a model where the process that converts can read it.

    That process knows Keras and nothing else: a model with classes or functions of the
    user's is traced here.

    Raises:
        ValueError: when it has such, and Keras does not run on TensorFlow.
    """
    import keras

    from hypermask_tf.surgery.own_objects import own_objects

    name = f"task_{task.index:02d}"
    if task.interface is None or not (own := own_objects(model)):
        model.save(folder / f"{name}.keras")
        return folder / f"{name}.keras"
    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            "Expected Keras on TensorFlow, which converts classes and functions of "
            "your own: save the learner, load it with KERAS_BACKEND=tensorflow, and "
            f"export it there. Received: {sorted(own)} on {keras.backend.backend()}"
        )
    write_saved_model(model, task.interface, str(folder / name), task.structure)
    return folder / name


def keras_outputs(model: Any, x: Examples, task: TaskSource) -> Examples:
    """Returns the outputs of a Keras model for all examples.

    Args:
        model: a Keras model.
        x: its inputs, an array, or arrays by name in the order of the interface.
        task: says what outputs are called.

    Returns:
        An array, or arrays by name where there are several outputs.
    """
    import keras

    arrays = list(by_name(x, ()).values())
    parts = []
    for i in range(0, count(x), KERAS_BATCH):
        batch = packed(model, [a[i : i + KERAS_BATCH] for a in arrays], task.structure)
        outputs = keras.tree.flatten(model(batch, training=False))
        parts.append([keras.ops.convert_to_numpy(output) for output in outputs])
    whole = [np.concatenate(part) for part in zip(*parts, strict=True)]
    if task.interface is None:
        (logits,) = whole
        return np.asarray(logits)
    names = [port.name for port in task.interface.outputs]
    return single(dict(zip(names, whole, strict=True)))
