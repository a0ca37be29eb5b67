"""Small models and a fake run, converted once for all tests of this room."""

import dataclasses
import fcntl
import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
import pytest
from keras import layers

from hypermask_tf.export.convert import QUANTIZATIONS, ConversionJob, convert_files
from hypermask_tf.training import RunFolder


def _settled(model: keras.Model, seed: int = 0) -> keras.Model:
    """Gives every variable, statistics included, a non-trivial positive-ish value."""
    rng = np.random.default_rng(seed)
    for variable in model.weights:
        value = rng.normal(0.0, 0.3, variable.shape)
        if "variance" in variable.path or "gamma" in variable.path:
            value = 0.5 + np.abs(value)
        if variable.path.endswith("kernel"):
            value[np.abs(value) < np.quantile(np.abs(value), 0.6)] = 0.0
        variable.assign(value)
    return model


def mlp(seed: int = 0) -> keras.Model:
    return _settled(
        keras.Sequential(
            [
                keras.Input((8, 8, 1)),
                layers.Flatten(),
                layers.Dense(64, activation="relu"),
                layers.Dense(3),
            ]
        ),
        seed,
    )


def conv_net() -> keras.Model:
    image = keras.Input((8, 8, 3))
    x = layers.Conv2D(8, 3, padding="same", use_bias=False)(image)
    x = layers.BatchNormalization()(x)
    x = layers.MaxPooling2D()(layers.ReLU()(x))
    return _settled(keras.Model(image, layers.Dense(3)(layers.Flatten()(x))))


def depthwise_net() -> keras.Model:
    image = keras.Input((8, 8, 3))
    x = layers.Conv2D(8, 3, strides=2, padding="same")(image)
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.GlobalAveragePooling2D()(layers.SeparableConv2D(8, 3)(x))
    return _settled(keras.Model(image, layers.Dense(3)(x)))


def needs_flex() -> keras.Model:
    image = keras.Input((8, 8, 1))
    determinant = keras.ops.linalg.det(layers.Reshape((8, 8))(image))
    return keras.Model(image, layers.Dense(3)(layers.Reshape((1,))(determinant)))


def two_outputs() -> keras.Model:
    image = keras.Input((8, 8, 1))
    x = layers.Flatten()(image)
    return keras.Model(image, [layers.Dense(2)(x), layers.Dense(3)(x)])


def one_hidden() -> keras.Model:
    image = keras.Input((16,))
    x = layers.Dense(100, activation="relu")(image)
    return keras.Model(image, layers.Dense(3)(x))


def with_skip() -> keras.Model:
    image = keras.Input((64,))
    x = layers.Dense(64, activation="relu")(image)
    y = layers.Dense(64, activation="relu")(layers.Dense(64, activation="relu")(x))
    return keras.Model(image, layers.Add()([x, y]))


def large() -> keras.Model:
    image = keras.Input((2000,))
    x = layers.Dense(2000)(layers.Dense(2000)(image))
    return keras.Model(image, layers.Dense(2)(x))


def thin() -> keras.Model:
    """A convolution and dense layers, nine tenths of their weights zeros."""
    image = keras.Input((12, 12, 4))
    x = layers.Conv2D(24, 3, padding="same", activation="relu")(image)
    x = layers.Dense(40, activation="relu")(layers.Flatten()(x))
    model = keras.Model(image, layers.Dense(3)(x))
    rng = np.random.default_rng(0)
    for layer in model.layers:
        if layer.weights:
            kernel, bias = layer.get_weights()
            layer.set_weights([kernel * (rng.random(kernel.shape) < 0.1), bias + 0.1])
    return model


MODELS = {
    "mlp": mlp,
    "conv_net": conv_net,
    "depthwise_net": depthwise_net,
    "needs_flex": needs_flex,
    "two_outputs": two_outputs,
    "one_hidden": one_hidden,
    "with_skip": with_skip,
    "large": large,
    "thin": thin,
}


# What tests look at; of the others, all recipes that need no examples.
KINDS = {
    "needs_flex": ("float32", "dynamic_int8"),
    "two_outputs": ("float32",),
    "one_hidden": ("float32", "float16"),
    "with_skip": ("float32",),
    "large": ("float32", "float16"),
}


@dataclasses.dataclass(frozen=True)
class Converted:
    """A model with its files; a value of `files` is an error where it is text."""

    model: keras.Model
    x: np.ndarray
    logits: np.ndarray | None
    files: dict[str, bytes | str]


@pytest.fixture(scope="session")
def converted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Converted]:
    """All small models, converted by one child for all processes of tests."""
    folder = _shared_folder(tmp_path_factory)
    files = _files(folder)
    result = {}
    for name in MODELS:
        # The one that was converted, names of layers included: they are in the files.
        model = keras.saving.load_model(folder / f"{name}.keras")
        shape = tuple(model.inputs[0].shape[1:])
        x = np.random.default_rng(1).normal(size=(40, *shape)).astype("float32")
        output = model(x, training=False)
        logits = (
            None if isinstance(output, list) else keras.ops.convert_to_numpy(output)
        )
        result[name] = Converted(model, x, logits, files[name])
    return result


def _shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for a session of tests; pytest-xdist gives each process a part."""
    base = tmp_path_factory.getbasetemp()
    parent = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = parent / "converted"
    folder.mkdir(exist_ok=True)
    return folder


def _files(folder: Path) -> dict[str, dict[str, bytes | str]]:
    """The files of each model; whoever comes first makes them, the others wait."""
    done = folder / "errors.json"
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.is_file():
            done.write_text(json.dumps(_convert(folder)))
    files: dict[str, dict[str, bytes | str]] = {name: {} for name in MODELS}
    for name, kind, error in json.loads(done.read_text()):
        path = folder / f"{name}.{kind}.tflite"
        files[name][kind] = error or path.read_bytes()
    return files


def _convert(folder: Path) -> list[tuple[str, str, str]]:
    """Writes all models and files; returns model, recipe and error of each."""
    keras.utils.set_random_seed(0)
    jobs = []
    for name, build in MODELS.items():
        model = build()
        model.save(folder / f"{name}.keras")
        shape = tuple(model.inputs[0].shape[1:])
        for kind in KINDS.get(name, QUANTIZATIONS):
            path = folder / f"{name}.{kind}.tflite"
            jobs.append(ConversionJob(folder / f"{name}.keras", path, kind, shape))
    return [
        (done.job.model_path.stem, done.job.quantization, done.error)
        for done in convert_files(jobs, jobs_per_process=len(jobs))
    ]


class FakeRun:
    """Stands for a `RunFolder` with one model a task; tasks 0 and 1 are good."""

    def __init__(self, path: Path, models: list[keras.Model]) -> None:
        self.path = path
        self.export_dir = path / "export"
        self.models = models
        self.data_dir: str | None = None

    check_shared = RunFolder.check_shared

    def manifest(self) -> dict[str, Any]:
        return {"seed": 7, "scenario": {"tasks": [{} for _ in self.models]}}

    def load_model(self, task: int | None = None) -> Any:
        known = len(self.models) if task is None else task + 1
        return SimpleNamespace(
            num_learned_tasks=known,
            state=SimpleNamespace(tasks=tuple(range(known))),
            target=self.models[0] if self.models else None,
            bake=lambda task, dtype: self.models[task],
        )

    def load_scenario(self, data_dir: str | None = None) -> Any:
        self.data_dir = data_dir
        tasks = [_fake_task(i, model) for i, model in enumerate(self.models)]
        return SimpleNamespace(name="fake", tasks=tasks, predicts_numbers=False)


def _fake_task(index: int, model: keras.Model) -> Any:
    x = np.random.default_rng(index).normal(size=(50, 8, 8, 1)).astype("float32")
    y = keras.ops.convert_to_numpy(model(x)).argmax(-1).astype("int32")
    return SimpleNamespace(
        index=index,
        name=f"task_{index:02d}",
        classes=(4, 7, 2),
        class_names=("four", "seven", "two"),
        train=(x, y),
        validation=(x, y),
        test=(x, y),
        sizes={"train": 50, "validation": 50, "test": 50},
        preprocessing={"scale": np.float32(0.5), "permutation": np.arange(3)},
        number=None,
    )


@pytest.fixture
def fake_run(tmp_path: Path) -> FakeRun:
    """A run of two tasks."""
    return FakeRun(tmp_path / "run", [mlp(0), mlp(1)])
