"""Small learners, and their files."""

import keras
import numpy as np

import hypermask_tf as hm

layers, losses = keras.layers, keras.losses
OF_LOGITS = losses.SparseCategoricalCrossentropy(from_logits=True)
X = np.random.default_rng(0).normal(size=(64, 6)).astype("float32")
Y = (X[:, 0] > 0).astype("int32")


def learner(target, loss, x, y, head="per_task", tasks=1, **arguments):
    keras.utils.set_random_seed(0)
    masks = arguments.pop("masks", hm.UnitMasks(sparsity=25))
    model = hm.HyperMask(target, 2, masks, head=head, **arguments)
    model.compile(keras.optimizers.Adam(0.01), loss, run_eagerly=True)
    for task in range(tasks):
        model.fit(x, y, task=task, verbose=0, batch_size=32)
    return model


def mlp(outputs=2, activation=None, name="said"):
    return keras.Sequential(
        [
            keras.Input((6,), name="sensor"),
            layers.Dense(12, "relu", name="hidden"),
            layers.Dense(outputs, activation, name=name),
        ]
    )


def export(model, folder, validation, task=0, **arguments):
    arguments = {"latency": False, **arguments}
    return hm.export.export_task(
        model, task, folder, validation=validation, **arguments
    )


def state(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def content(folder, name="task_00.tflite"):
    return (folder / name).read_bytes()
