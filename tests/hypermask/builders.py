"""Small targets, data and learners for the tests of the learner."""

from typing import Any

import keras
import numpy as np
from keras import layers

import hypermask_tf as hm
from tests.learners import hyper_mask

FEATURES, CLASSES, TASKS = 8, 3, 3
# For `compile`, where what is compiled is the point, or there are many steps.
COMPILED = {"run_eagerly": False}


def mlp(activation: str = "relu") -> keras.Model:
    """8-16-12-3."""
    inputs = x = keras.Input((FEATURES,))
    for width in (16, 12):
        x = layers.Dense(width, activation)(x)
    return keras.Model(inputs, layers.Dense(CLASSES, name="logits")(x))


def named_mlp() -> keras.Model:
    """8-12-12-3, whose hidden layers are called one and two."""
    inputs = x = keras.Input((FEATURES,))
    for name in ("one", "two"):
        x = layers.Dense(12, "sigmoid", name=name)(x)
    return keras.Model(inputs, layers.Dense(CLASSES, name="logits")(x))


def wide(units: int) -> keras.Model:
    """One hidden layer."""
    inputs = keras.Input((FEATURES,))
    x = layers.Dense(units, "relu")(inputs)
    return keras.Model(inputs, layers.Dense(CLASSES)(x))


def normalised() -> keras.Model:
    """An MLP with batch norm and dropout."""
    inputs = keras.Input((FEATURES,))
    x = layers.BatchNormalization(momentum=0.5)(layers.Dense(16)(inputs))
    x = layers.Dropout(0.2, seed=1)(layers.ReLU()(x))
    return keras.Model(inputs, layers.Dense(CLASSES, name="logits")(x))


def shared_layer() -> keras.Model:
    """One dense layer called twice in a row."""
    inputs = keras.Input((FEATURES,))
    twice = layers.Dense(FEATURES, "relu", name="twice")
    return keras.Model(inputs, layers.Dense(CLASSES)(twice(twice(inputs))))


@keras.saving.register_keras_serializable("hypermask_tf_tests")
class Subclassed(keras.Model):
    """A model without a graph."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hidden = layers.Dense(12, "relu")
        self.norm = layers.BatchNormalization()
        self.logits = layers.Dense(CLASSES)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        return self.logits(self.norm(self.hidden(inputs), training=training))


def subclassed() -> keras.Model:
    """A `Subclassed`, built."""
    model = Subclassed()
    model(np.zeros((1, FEATURES), "float32"))
    return model


def data(task: int = 0, size: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """Samples of a task: three clouds, elsewhere for every task."""
    generator = np.random.default_rng(100 + task)
    centres = generator.normal(size=(CLASSES, FEATURES)) * 2
    y = np.arange(size, dtype="int32") % CLASSES
    x = centres[y] + generator.normal(size=(size, FEATURES)) * 0.5
    return x.astype("float32"), y


def learner(target: keras.Model | None = None, **kwargs: Any) -> hm.HyperMask:
    """A learner of three tasks, compiled; `optimizer` and `compile` are popped."""
    optimizer = kwargs.pop("optimizer", None) or keras.optimizers.Adam(0.01)
    # A dozen steps take less time than tracing one, and one than XLA takes for it; all
    # come to the same (`fit_test.py`). JAX without XLA would be eager always.
    jax = keras.backend.backend() == "jax"
    compile_options = {"jit_compile": jax, "run_eagerly": not jax}
    compile_options |= kwargs.pop("compile", {})
    kwargs = {"granularity": "weight", "sparsity": 50, "lam": 0.01, **kwargs}
    hypernetwork = kwargs.pop("hypernetwork", None) or hm.MLPHypernetwork(
        4, (8,), seed=1
    )
    model = hyper_mask(
        target or mlp(), kwargs.pop("tasks", TASKS), hypernetwork, **kwargs
    )
    model.compile(
        optimizer,
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        **compile_options,
    )
    return model


def learn(
    model: hm.HyperMask,
    task: int | None,
    epochs: int = 1,
    passes: int = 1,
    **kwargs: Any,
) -> Any:
    """Fits a task in batches of 32, in order; an epoch is `passes` over its samples."""
    number = model.num_learned_tasks - 1 if task is None else task
    options = {"batch_size": 32, "shuffle": False, "verbose": 0, **kwargs}
    x, y = data(number)
    x, y = np.tile(x, (passes, 1)), np.tile(y, passes)
    return model.fit(x, y, task=task, epochs=epochs, **options)


def steps(model: hm.HyperMask, count: int = 1) -> None:
    """Takes steps of the task that has begun, one batch each."""
    x, y = data(model.num_learned_tasks - 1)
    for _ in range(count):
        model.train_on_batch(x, y)


def shake(variables: list[Any], seed: int = 0) -> None:
    """Gives float variables random values that suit them; others stay."""
    generator = np.random.default_rng(seed)
    for variable in variables:
        if not str(variable.dtype).startswith(("float", "bfloat")):
            continue
        positive = variable.name in ("gamma", "moving_variance")
        low, high = (0.5, 1.5) if positive else (-0.5, 0.5)
        variable.assign(generator.uniform(low, high, variable.shape))


def values(model: keras.Model) -> dict[str, np.ndarray]:
    """All variables, the optimizer's and those of random generators included."""
    variables = [*model.weights, *model.optimizer.variables, *model.random_state]
    return {
        f"{i} {v.path}": keras.ops.convert_to_numpy(v.value).copy()
        for i, v in enumerate(variables)
    }


def assert_same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    """Bit for bit."""
    assert len(one) == len(other)
    for (name, first), second in zip(one.items(), other.values(), strict=True):
        np.testing.assert_array_equal(first, second, err_msg=name)
