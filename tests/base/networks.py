"""Small networks of the shapes that people bring trained."""

import keras
import numpy as np

layers = keras.layers


def mobile(classes: int = 3) -> keras.Model:
    """Inverted residuals: depthwise, batch norm, ReLU6, scaling inside."""
    inputs = keras.Input((12, 12, 3))
    x = layers.Rescaling(1 / 127.5, -1)(inputs)
    x = _norm(layers.Conv2D(8, 3, 2, "same", use_bias=False, name="stem")(x))
    start = x
    x = _norm(layers.Conv2D(24, 1, use_bias=False, name="expand")(x))
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False, name="depth")(x)
    x = layers.Conv2D(8, 1, use_bias=False, name="project")(_norm(x))
    x = layers.Add()([start, layers.BatchNormalization()(x)])
    x = layers.GlobalAveragePooling2D()(x)
    return _trained(keras.Model(inputs, layers.Dense(classes, name="logits")(x)))


def dense(classes: int = 3) -> keras.Model:
    """Activations inside layers, and a Sequential model in a Sequential model."""
    features = keras.Sequential(
        [layers.Dense(20, "gelu", name="wide"), layers.BatchNormalization()]
    )
    return _trained(
        keras.Sequential(
            [
                keras.Input((10,)),
                features,
                layers.Dense(16, "relu", name="next"),
                layers.Dense(classes, name="logits"),
            ]
        )
    )


def transformer(classes: int = 3) -> keras.Model:
    """Attention and layer norm over tokens."""
    inputs = keras.Input((6,), dtype="int32")
    x = layers.Embedding(12, 16)(inputs)
    x = layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 8)(x, x))
    x = x + layers.Dense(16, name="down")(layers.Dense(32, "gelu", name="up")(x))
    x = layers.GlobalAveragePooling1D()(layers.LayerNormalization()(x))
    return _trained(keras.Model(inputs, layers.Dense(classes, name="logits")(x)))


def samples(network: keras.Model, count: int = 32) -> tuple[np.ndarray, np.ndarray]:
    """Inputs that suit a network, and labels of three classes."""
    random = np.random.default_rng(0)
    shape = (count, *network.input_shape[1:])
    if "int" in network.inputs[0].dtype:
        x = random.integers(0, 12, shape)
    else:
        x = random.uniform(0, 255, shape).astype("float32")
    return x, random.integers(0, 3, count)


def _norm(x):
    return layers.ReLU(6.0)(layers.BatchNormalization()(x))


def _trained(model: keras.Model) -> keras.Model:
    """Statistics and biases as training leaves them: none is 0 or 1."""
    random = np.random.default_rng(1)
    for variable in model.variables:
        if len(variable.shape) == 1 and "seed" not in variable.name:
            variable.assign(random.uniform(0.5, 1.5, variable.shape))
    return model
