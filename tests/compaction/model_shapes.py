"""Small models whose layers are shared, nested or in a row; registered in `MODELS`."""

import keras
from keras import layers

from tests.compaction.models import IMAGE, MODELS, conv, model, norm, pooled

__all__ = ["MODELS"]


@model
def shared() -> keras.Model:
    first, second = keras.Input((6,)), keras.Input((6,))
    twice, norm = layers.Dense(8, "sigmoid"), layers.BatchNormalization()
    relu = layers.ReLU()
    a, b = norm(twice(first)), norm(twice(second))
    x = layers.Concatenate()([relu(a), b])
    loop = layers.Dense(16, "tanh")
    return pooled([first, second], relu(loop(loop(x))))


@model
def nested() -> keras.Model:
    inner_inputs = keras.Input((8, 8, 6))
    x = layers.Flatten()(norm(conv(inner_inputs, 5, padding="valid"), "sigmoid"))
    deep = keras.Sequential([keras.Input((180,)), layers.Dense(9, "sigmoid")])
    inner = keras.Model(inner_inputs, layers.Dense(7, "relu")(deep(x)), name="inner")
    inputs = keras.Input(IMAGE)
    a, b = (inner(conv(inputs, 6, activation=f)) for f in ("relu", "sigmoid"))
    return pooled(inputs, layers.Add()([a, b]))


@model
def transferred() -> keras.Model:
    inner_inputs = keras.Input((8, 8, 6))
    x = layers.Dropout(0.5)(norm(conv(inner_inputs, 8), "sigmoid"))
    deep = keras.Sequential([keras.Input((8, 8, 8)), layers.Conv2D(5, 3)])
    inner = keras.Model(inner_inputs, deep(x, training=False), name="inner")
    inputs = keras.Input(IMAGE)
    x = conv(inputs, 6, activation="relu")
    return pooled(inputs, inner(x, training=False) * inner(conv(x, 6)))


@model
def sequential() -> keras.Model:
    head = [layers.Flatten(), layers.Dense(8, "sigmoid"), layers.Dense(3)]
    body = [keras.Input((4, 4, 6)), layers.Conv2D(8, 2), layers.BatchNormalization()]
    conv = layers.Conv2D(6, 5, activation="tanh")
    return keras.Sequential([keras.Input(IMAGE), conv, keras.Sequential(body), *head])


@model
def several_outputs() -> keras.Model:
    inputs = {"a": keras.Input((6,), name="a"), "b": keras.Input((4,), name="b")}
    x = layers.Dense(8, "relu", name="kept")(inputs["a"])
    y = layers.Dense(8, "sigmoid")(layers.Concatenate()([x, inputs["b"]]))
    return keras.Model(inputs, {"x": x, "y": layers.Dense(2)(x + y)})
