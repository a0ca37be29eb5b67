"""What users compile with: objects that no name leads back to."""

import functools

import keras
import numpy as np
from keras import layers, ops

import hypermask_tf as hm
from tests.learners import hyper_mask

FEATURES, CLASSES = 6, 3
# One step takes less time than tracing it; JAX without XLA would be eager always.
_JAX = keras.backend.backend() == "jax"
QUICK = {"jit_compile": _JAX, "run_eagerly": not _JAX}


def squares(y_true, y_pred, factor=1.0):
    """Squared distance of outputs from a one-hot label, times a factor."""
    labels = ops.one_hot(ops.cast(ops.reshape(y_true, (-1,)), "int32"), CLASSES)
    return factor * ops.mean(ops.square(labels - y_pred), axis=-1)


def times(factor):
    def scaled(y_true, y_pred):
        return squares(y_true, y_pred, factor)

    return scaled


def top(k):
    def hit(y_true, y_pred):
        return keras.metrics.sparse_top_k_categorical_accuracy(y_true, y_pred, k=k)

    return hit


class Callable:
    """An object with neither a name nor a configuration."""

    def __init__(self, factor):
        self.factor = factor

    def __call__(self, y_true, y_pred):
        return squares(y_true, y_pred, self.factor)

    def method(self, y_true, y_pred):
        return squares(y_true, y_pred, self.factor)


class Loss(keras.losses.Loss):
    """Not registered, and its configuration does not know the factor."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def call(self, y_true, y_pred):
        return squares(y_true, y_pred, self.factor)


class Metric(keras.metrics.Metric):
    """Not registered, with a factor and an inner metric no configuration knows."""

    def __init__(self, factor, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor
        self.total = self.add_weight(shape=(), initializer="zeros")
        self.parts = [keras.metrics.Mean()]

    def update_state(self, y_true, y_pred, sample_weight=None):
        values = squares(y_true, y_pred, self.factor)
        self.total.assign_add(ops.sum(values))
        self.parts[0].update_state(values, sample_weight)

    def result(self):
        return self.total + self.parts[0].result()


class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    """Not registered, without a configuration."""

    def __init__(self, rate):
        self.rate = rate

    def __call__(self, step):
        return self.rate / (1.0 + ops.cast(step, "float32"))


class Optimizer(keras.optimizers.SGD):
    """Not registered, with a setting that no configuration knows."""

    def __init__(self, learning_rate=0.01, scale=1.0, **kwargs):
        super().__init__(learning_rate, **kwargs)
        self.scale = scale

    def update_step(self, gradient, variable, learning_rate):
        super().update_step(gradient * self.scale, variable, learning_rate)


LOSSES = {
    "made by a factory": lambda: times(100.0),
    "lambda": lambda: lambda y_true, y_pred: squares(y_true, y_pred, 3.0),
    "partial": lambda: functools.partial(squares, factor=5.0),
    "bound method": lambda: Callable(7.0).method,
    "object": lambda: Callable(9.0),
    "own class": lambda: Loss(11.0),
    "Keras's": lambda: keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    "word": lambda: "sparse_categorical_crossentropy",
}


def metrics():
    """Every kind of metric at once."""
    return [
        times(1.0),
        times(100.0),
        top(1),
        top(2),
        "accuracy",
        lambda y_true, y_pred: squares(y_true, y_pred, 4.0),
        functools.partial(squares, factor=8.0),
        Callable(16.0).method,
        Callable(32.0),
        Metric(2.0, name="own"),
        Metric(20.0, name="own"),
        keras.metrics.MeanMetricWrapper(times(0.5), name="wrapped"),
        keras.metrics.MeanMetricWrapper(times(50.0), name="wrapped"),
    ]


def data(size=24, task=0):
    rng = np.random.default_rng(task)
    y = np.arange(size, dtype="int32") % CLASSES
    x = np.eye(CLASSES, FEATURES)[(y + task) % CLASSES] + rng.normal(
        0, 0.3, (size, FEATURES)
    )
    return x.astype("float32"), y


def learner(tasks=3, target=None, **options):
    """A learner that is not compiled."""
    if target is None:
        inputs = keras.Input((FEATURES,))
        x = layers.Dense(12, "relu", name="hidden")(inputs)
        target = keras.Model(inputs, layers.Dense(CLASSES, name="logits")(x))
    options = {"sparsity": 50, **options}
    return hyper_mask(target, tasks, hm.MLPHypernetwork(4, (8,), seed=1), **options)


def learn(model, task, epochs=1, **options):
    options = {"batch_size": 24, "shuffle": False, "verbose": 0, **options}
    return model.fit(*data(task=task), task=task, epochs=epochs, **options)


def measure(model, task=0):
    return model.evaluate(*data(), task=task, verbose=0, return_dict=True)


def widened(model):
    return model.grow({"hidden": 20})


def extended(model):
    return model.extend(model.num_tasks + 2)


def state(variables):
    return [ops.convert_to_numpy(v.value).copy() for v in variables]
