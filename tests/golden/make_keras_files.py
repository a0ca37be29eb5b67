"""Makes the learners of `tests/data/golden_keras` and what they say.

Run on 30 November 2026 with version 0.1.0 of this library as of commit cb36666, Python
3.11.7, TensorFlow 2.21.0, Keras 3.15.1 and NumPy 2.4.6, on an x86-64 processor with
AVX-512, in the root of a checkout:

    python -m tests.golden.make_keras_files

It replaces no file. Do not remove one to make `golden_keras_files_test.py` pass: users
have such files too. A version that cannot read them any more needs code that can. For
another kind of learner add a case here and name it:

    python -m tests.golden.make_keras_files new_case
"""

import sys
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers

import hypermask_tf as hm
from tests.golden import golden_keras_file as files

FEATURES, CLASSES = (8,), 3
IMAGE = (8, 8, 1)
_SAMPLES, _EPOCHS, _BATCH = 96, 10, 32


def data(task: int, shape: tuple[int, ...] = FEATURES, size: int = _SAMPLES) -> Any:
    """Three clouds, elsewhere for every task."""
    generator = np.random.default_rng(100 + task)
    centres = generator.normal(size=(CLASSES, *shape))
    y = np.arange(size, dtype="int32") % CLASSES
    x = centres[y] + generator.normal(size=(size, *shape)) * 0.7
    return x.astype("float32"), y


def mlp(normalized: bool = False) -> keras.Model:
    """8-16-12-3."""
    inputs = x = keras.Input(FEATURES)
    for name, width in (("one", 16), ("two", 12)):
        # A bias before batch norm would learn nothing but rounding.
        x = layers.Dense(width, use_bias=not normalized, name=name)(x)
        if normalized:
            x = layers.BatchNormalization(momentum=0.8, name=f"norm_{name}")(x)
        x = layers.ReLU(name=f"relu_{name}")(x)
    return keras.Model(inputs, layers.Dense(CLASSES, name="logits")(x), name="mlp")


def convnet() -> keras.Model:
    """Two convolutions without normalisation, and a dense layer."""
    return keras.Sequential(
        [
            keras.Input(IMAGE),
            layers.Conv2D(6, 3, padding="same", activation="relu", name="conv_0"),
            layers.MaxPooling2D(name="pool"),
            layers.Conv2D(8, 3, activation="relu", name="conv_1"),
            layers.Flatten(name="flatten"),
            layers.Dense(10, "relu", name="dense"),
            layers.Dense(CLASSES, name="logits"),
        ],
        name="convnet",
    )


def learner(
    target: keras.Model, tasks: int, optimizer: Any = None, **kwargs: Any
) -> hm.HyperMask:
    """A learner, compiled."""
    hypernetwork = kwargs.pop("hypernetwork", None)
    model = hm.HyperMask(
        target, tasks, hypernetwork or hm.MLPHypernetwork(4, (8,)), **kwargs
    )
    model.compile(
        optimizer or keras.optimizers.Adam(0.01),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return files.quick(model)


def learn(model: hm.HyperMask, *tasks: int, **kwargs: Any) -> hm.HyperMask:
    """The learner after these tasks; each starts as the keywords say."""
    for task in tasks:
        x, y = data(task, model.target.input_shape[1:])
        options = {"batch_size": _BATCH, "shuffle": False, "verbose": 0, **kwargs}
        model.fit(x, y, task=task, epochs=_EPOCHS, **options)
    return model


def soft_used() -> hm.HyperMask:
    # Three tasks want more units than there are.
    return learn(learner(mlp(), 4, sparsity=60), 0, 1, 2)


def hard_per_task_head() -> hm.HyperMask:
    options = {"sparsity": 75, "protection": "hard", "head": "per_task"}
    return learn(learner(mlp(normalized=True), 4, **options), 0, 1, 2)


def paper() -> hm.HyperMask:
    # The ramp is not at its end when the first task is.
    model = learner(
        mlp(),
        4,
        granularity="weight",
        sparsity=50,
        protection="current",
        mask_scale=1,
        ramp_steps=50,
        lam=0.01,
        output_reduction="authors",
    )
    return learn(model, 0, 1, 2)


def mask_bank() -> hm.HyperMask:
    bank = hm.MaskBank()
    options = {"granularity": "weight", "sparsity": 50, "hypernetwork": bank}
    return learn(learner(mlp(), 4, **options), 0, 1, 2)


def chunked() -> hm.HyperMask:
    model = learner(
        mlp(),
        4,
        hypernetwork=hm.ChunkedHypernetwork(4, (8,), 16, 3),
        granularity="block4",
        sparsity=50,
        activation="tanh",
    )
    return learn(model, 0, 1, 2)


def sampled_tasks() -> hm.HyperMask:
    model = learner(
        mlp(),
        4,
        keras.optimizers.SGD(0.1, momentum=0.9),
        granularity="weight",
        sparsity=50,
        protection="all",
        lam=0.1,
        sampled_tasks=1,
    )
    return learn(model, 0, 1, 2)


def made_outliers() -> hm.HyperMask:
    inputs = keras.Input(IMAGE)
    x = layers.Dense(16, "relu", name="hidden")(layers.Flatten(name="flatten")(inputs))
    target = keras.Model(inputs, layers.Dense(CLASSES, name="logits")(x), name="image")
    model = learner(
        target,
        3,
        sparsity=70,
        augmentation=hm.scenarios.RandomCropWithPadding(1, seed=3),
        outliers=hm.outliers.SelfMadeOutliers(0.5, seed=4),
    )
    return learn(model, 0, 1)


def grown_and_extended() -> hm.HyperMask:
    model = learn(learner(mlp(), 3, sparsity=75), 0)
    model = learn(model, 1, inherit=0)
    model = learn(files.quick(model.grow({"one": 22, "two": 15})), 2)
    return learn(files.quick(model.extend(5)), 3)


def binary_convnet() -> hm.HyperMask:
    options = {"sparsity": 75, "protection": "hard", "activation": "binary"}
    return learn(learner(convnet(), 3, **options), 0, 1)


CASES: dict[str, Callable[[], hm.HyperMask]] = {
    case.__name__: case
    for case in (
        soft_used,
        hard_per_task_head,
        paper,
        mask_bank,
        chunked,
        sampled_tasks,
        made_outliers,
        grown_and_extended,
        binary_convnet,
    )
}


def make(name: str, seed: int = 1) -> None:
    """Writes `<name>.keras`, and `<name>.npz` from what a loaded copy says."""
    keras.utils.set_random_seed(seed)
    model = CASES[name]()
    shape, learned = model.target.input_shape[1:], model.num_learned_tasks
    x = np.concatenate([data(task, shape)[0][:8] for task in range(learned)])
    samples = files.Data(x, *data(learned - 1, shape, 32), *data(learned, shape, 32))
    said = {
        "outputs": files.predictions(model, x),
        "baked_outputs": files.baked_outputs(model, x),
        "units_on": files.units_on(model),
    }
    model.save(files.FOLDER / f"{name}.keras")
    said |= files.go_on(files.load(name), samples)
    np.savez_compressed(files.FOLDER / f"{name}.npz", **samples._asdict(), **said)


def main(names: list[str]) -> None:
    names = names or list(CASES)
    paths = [
        files.FOLDER / f"{name}.{end}" for name in names for end in ("keras", "npz")
    ]
    if there := [str(path) for path in paths if path.exists()]:
        raise SystemExit(f"Nothing was written, since these exist: {', '.join(there)}")
    files.FOLDER.mkdir(parents=True, exist_ok=True)
    for name in names:
        make(name)


if __name__ == "__main__":
    main(sys.argv[1:])
