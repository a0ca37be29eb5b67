import keras
import pytest
from keras import layers

from hypermask_tf.masks import find_roles


def _names(model, flags):
    return [
        v.path for v, flag in zip(model.trainable_variables, flags, strict=True) if flag
    ]


@pytest.fixture
def convnet():
    inputs = x = keras.Input((4, 4, 3))
    x = layers.Conv2D(4, 3, padding="same", name="conv")(x)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.ReLU()(layers.LayerNormalization(name="layer_norm")(x))
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(2, name="logits")(x))


def test_kernels_and_biases_are_masked_norms_are_not(convnet):
    roles = find_roles(convnet)
    assert _names(convnet, roles.maskable) == [
        "conv/kernel",
        "conv/bias",
        "logits/kernel",
        "logits/bias",
    ]
    assert _names(convnet, roles.normalization) == [
        "norm/gamma",
        "norm/beta",
        "layer_norm/gamma",
        "layer_norm/beta",
    ]
    assert roles.statistics == (True, True)
    assert convnet.trainable_variables[roles.output_bias].path == "logits/bias"


def test_no_output_bias_without_one():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, use_bias=False)])
    assert find_roles(model).output_bias is None


def test_a_frozen_layer_has_no_role(convnet):
    convnet.get_layer("conv").trainable = False
    assert _names(convnet, find_roles(convnet).maskable) == [
        "logits/kernel",
        "logits/bias",
    ]


def test_normalisation_nested_in_a_layer_is_found():
    class Block(layers.Layer):
        def __init__(self):
            super().__init__()
            self.dense, self.norm = layers.Dense(4), layers.BatchNormalization()

        def call(self, inputs, training=None):
            return self.norm(self.dense(inputs), training=training)

    inputs = keras.Input((3,))
    model = keras.Model(inputs, layers.Dense(2)(Block()(inputs)))
    assert sum(find_roles(model).normalization) == 2


def test_override_by_function(convnet):
    roles = find_roles(convnet, lambda v: v.path == "conv/kernel")
    assert _names(convnet, roles.maskable) == ["conv/kernel"]
    assert roles.output_bias is None


def test_override_by_flags_may_mask_a_norm(convnet):
    roles = find_roles(
        convnet, [v.name == "gamma" for v in convnet.trainable_variables]
    )
    assert _names(convnet, roles.maskable) == ["norm/gamma", "layer_norm/gamma"]
    assert _names(convnet, roles.normalization) == ["norm/beta", "layer_norm/beta"]


def test_an_override_of_the_wrong_length(convnet):
    with pytest.raises(ValueError, match=r"one flag per trainable .* \(8\).* 2 flags"):
        find_roles(convnet, [True, False])


def test_nothing_to_mask(convnet):
    with pytest.raises(ValueError, match="no maskable variable"):
        find_roles(convnet, lambda v: False)
