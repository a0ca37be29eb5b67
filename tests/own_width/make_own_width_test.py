import random

import keras
import numpy as np
import pytest
from keras import layers

from hypermask_tf import targets
from hypermask_tf.masks import UnitLayout, find_roles
from hypermask_tf.own_width import OwnWidthError, make_own_width
from hypermask_tf.own_width.trial import disagreement


def _narrow(target, sparsity=50.0):
    layout = UnitLayout(target, find_roles(target), sparsity)
    return make_own_width(target, layout, layout.counts.final())


def _shapes(narrow):
    return [tuple(v.shape) for v in narrow.model.trainable_variables]


def _model(*stack, shape=(8,)):
    inputs = x = keras.Input(shape)
    for layer in stack:
        x = layer(x)
    return keras.Model(inputs, layers.Dense(3, name="logits")(x))


def test_hidden_layers_get_the_width_of_a_task():
    narrow = _narrow(_model(layers.Dense(16, "relu"), layers.Dense(12, "relu")), 75.0)
    assert _shapes(narrow) == [(8, 4), (4,), (4, 3), (3,), (3, 3), (3,)]


@pytest.mark.parametrize("name", targets.names())
def test_every_registered_target_is_built_at_its_own_width(name):
    shapes = {"zenkenet": (32, 32, 3), "resnet": (32, 32, 3), "conv1d": (12, 3)}
    shape = shapes.get(name, (12, 12, 1))
    target = targets.get(name)(shape, classes=4)
    own = _narrow(target, 75.0).model
    # Both axes of nearly all kernels shrink to a quarter, or first and last do.
    assert own.count_params() < target.count_params() / 3.5
    assert own.output_shape == target.output_shape


STACKS = {
    "batch norm": lambda: [layers.Dense(8), layers.BatchNormalization(), layers.ReLU()],
    "prelu": lambda: [layers.Dense(8), layers.PReLU()],
    "nested": lambda: [_model(layers.Dense(8, "relu")), layers.Dense(4, "tanh")],
}
IMAGES = {
    "flatten": lambda: [layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(6)],
    "depthwise": lambda: [layers.Conv2D(4, 3), layers.DepthwiseConv2D(3)],
    "strided": lambda: [layers.Conv2D(4, 3, 2, "same"), layers.Conv2D(6, 3, 2)],
    "transposed": lambda: [layers.Conv2D(4, 3), layers.Conv2DTranspose(6, 3)],
    "pooled": lambda: [layers.Conv2D(4, 3), layers.GlobalMaxPooling2D()],
    "separable": lambda: [layers.Conv2D(4, 3), layers.SeparableConv2D(6, 3)],
}


@pytest.mark.parametrize("name", [*STACKS, *IMAGES])
def test_layers_follow(name):
    # That both networks compute the same is tried when one is made: else there is none.
    stack = STACKS.get(name) or IMAGES[name]
    target = _model(*stack(), shape=(8,) if name in STACKS else (9, 9, 2))
    assert _narrow(target).model.count_params() < target.count_params()


def test_an_embedding_follows():
    inputs = keras.Input((5,), dtype="int32")
    x = layers.Dense(8, "relu")(layers.Embedding(10, 16)(inputs))
    x = layers.GlobalMaxPooling1D()(layers.GroupNormalization(-1)(x))
    narrow = _narrow(keras.Model(inputs, layers.Dense(3)(x)), 75.0)
    assert _shapes(narrow)[:3] == [(10, 4), (4, 2), (2,)]


def test_joined_layers_keep_their_order():
    inputs = keras.Input((8,))
    parts = [layers.Dense(width, "relu")(inputs) for width in (4, 10, 6)]
    x = layers.Dense(8)(layers.Concatenate()(parts[::-1]))
    assert _narrow(keras.Model(inputs, layers.Dense(2)(x))).model.count_params() > 0


@pytest.mark.backend
def test_a_task_may_have_fewer_units_than_there_is_room_for():
    inputs = keras.Input((8,))
    # Side by side, and not 0 where they are off.
    parts = [layers.Dense(width, "sigmoid")(inputs) for width in (8, 12)]
    x = layers.Dense(6, "relu")(layers.Concatenate()(parts))
    target = keras.Model(inputs, layers.Dense(2)(x))
    layout = UnitLayout(target, find_roles(target), 50.0)
    narrow = make_own_width(target, layout, [4, 6, 3])
    for fewer in ([4, 6, 3], [2, 6, 3], [3, 1, 2]):
        assert not disagreement(narrow, target, layout, fewer)


def test_a_group_that_cannot_be_cut_stays_whole():
    target = _model(layers.Dense(16), layers.LayerNormalization(), layers.Dense(8))
    shapes = _shapes(_narrow(target))
    assert shapes[0] == (8, 16) and shapes[-2] == (4, 3)


class TestThereIsNone:
    def _why(self, target, sparsity=50.0):
        with pytest.raises(OwnWidthError) as why:
            _narrow(target, sparsity)
        return str(why.value)

    def test_where_everything_is_on(self):
        assert "no unit is off" in self._why(_model(layers.Dense(16)), 0.0)

    def test_where_no_group_can_be_cut(self):
        assert "no unit that is off can be cut" in self._why(
            _model(layers.Dense(16), layers.LayerNormalization())
        )

    def test_where_outputs_are_penalised(self):
        penalised = layers.Dense(16, activity_regularizer=keras.regularizers.L2(0.1))
        assert "penalises its outputs" in self._why(_model(penalised))

    def test_where_a_layer_has_a_constant_in_it(self):
        inputs = keras.Input((8,))
        x = layers.Dense(16, "relu")(inputs) * np.arange(16, dtype="float32")
        assert "cannot follow another width" in self._why(
            keras.Model(inputs, layers.Dense(2)(x))
        )

    def test_where_inputs_cannot_be_made_up(self):
        # 32 pixels, the most that is taken for a size left open, are too few.
        inputs = keras.Input((None, None, 1))
        x = layers.Conv2D(4, 33)(inputs)
        outputs = layers.Dense(2)(layers.GlobalMaxPooling2D()(x))
        reason = self._why(keras.Model(inputs, outputs))
        assert "does not run on made-up inputs: Computed output size" in reason

    def test_not_where_only_a_larger_size_fits(self):
        inputs = keras.Input((None, None, 1))
        x = layers.GlobalMaxPooling2D()(layers.Conv2D(4, 9)(inputs))
        assert _narrow(keras.Model(inputs, layers.Dense(2)(x))) is not None

    def test_where_a_layer_does_not_say_how_it_is_made(self):
        class Doubled(layers.Layer):
            def __init__(self, factor):
                super().__init__()
                self.factor = factor

            def call(self, x):
                return self.factor * x

        assert "cannot follow another width" in self._why(
            _model(layers.Dense(16), layers.Dense(8), Doubled(2.0))
        )

    def test_where_padding_and_joining_ask_for_different_orders(self):
        inputs = keras.Input((8,))
        x = layers.Dense(4, name="narrow")(inputs)
        wide = layers.Dense(8, name="wide")(x)
        padded = keras.ops.pad(x, [[0, 0], [2, 2]])
        x = layers.Concatenate()([layers.Add()([wide, padded]), x])
        assert "did not agree" in self._why(keras.Model(inputs, layers.Dense(2)(x)))


def test_weight_penalties_are_no_reason_against_one():
    held = layers.Dense(16, kernel_regularizer="l2")
    assert _shapes(_narrow(_model(held)))[0] == (8, 8)


def test_making_one_draws_no_seed_that_others_wait_for():
    target = _model(layers.Dense(16), layers.Dropout(0.5))
    before = random.getstate()
    _narrow(target)
    assert random.getstate() == before
