"""Layers of a user's own, with rules defined outside the package."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from hypermask_tf.compaction import compact
from hypermask_tf.units import UnitGraph, register_rule, rules
from tests.compaction import dead
from tests.units import rule_battery


class Gain(layers.Layer):
    """Each channel times a weight of its own."""

    def build(self, shape):
        self.gain = self.add_weight((shape[-1],), "ones", name="gain")

    def call(self, inputs):
        return ops.tanh(inputs * self.gain)


@register_rule(Gain)
class GainRule(rules.PerChannel):
    variables = ("gain",)


class Projection(layers.Layer):
    """A dense layer that keeps its weights the other way round, (out, in)."""

    def __init__(self, units, use_bias=False, **kwargs):
        super().__init__(**kwargs)
        self.units, self.use_bias = units, use_bias

    def build(self, shape):
        self.matrix = self.add_weight((self.units, shape[-1]), name="matrix")
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight((self.units,), "zeros", name="bias")

    def call(self, inputs):
        outputs = ops.matmul(inputs, ops.transpose(self.matrix))
        return outputs if self.bias is None else outputs + self.bias

    def get_config(self):
        own = {"units": self.units, "use_bias": self.use_bias}
        return {**super().get_config(), **own}


@register_rule(Projection)
class ProjectionRule(rules.Kernel):
    kernel = "matrix"
    in_axis, out_axis = -1, -2


class Mirror(layers.Layer):
    """The channels in the opposite order."""

    def call(self, inputs):
        return ops.flip(inputs, axis=-1)


@register_rule(Mirror)
class MirrorRule(rules.Rule):
    keeps_channels = True

    def pass_units(self, pool, inputs):
        return [inputs[0][::-1]]

    def applies(self):
        return self.is_one_to_one

    def constants(self, inputs):
        return [inputs[0][::-1]]

    def needs(self, constants, needed):
        return [needed[0][::-1]]


def _model(*between):
    x = inputs = keras.Input((5,))
    x = layers.Dense(8, "sigmoid", name="first")(x)
    for layer in between:
        x = layer(x)
    x = layers.Dense(6, "tanh")(x)
    return keras.Model(inputs, layers.Dense(3, name="logits")(x))


STACKS = {
    "weights per channel": lambda: _model(Gain()),
    "a kernel": lambda: _model(Projection(10)),
    "channels elsewhere": lambda: _model(Mirror()),
    "all of them": lambda: _model(Mirror(), Gain(), Projection(8), Mirror(), Gain()),
}


@pytest.mark.parametrize("name", STACKS)
def test_masks_compaction_and_own_width_follow(name):
    model = STACKS[name]()
    graph = rule_battery.check_units(model)
    assert graph.removable.all() and not graph.opaque
    rule_battery.check_compaction(model)
    rule_battery.check_own_width(model)


def test_constants_are_folded_into_a_bias_that_was_not_there():
    model = _model(Gain(), Projection(10, name="projection"))
    dead.shake(model)
    kernel, bias = model.get_layer("first").get_weights()
    kernel[:, :3] = 0
    model.get_layer("first").set_weights([kernel, bias])
    smaller = compact(model)
    dead.assert_same_function(model, smaller)
    assert smaller.get_layer("first").units == 5
    assert smaller.get_layer("projection").use_bias


def test_what_derives_from_a_layer_with_a_rule_has_none():
    class Louder(Gain):
        def call(self, inputs):
            return 2 * super().call(inputs[..., ::-1])

    graph = UnitGraph(_model(Louder(name="louder")))
    assert graph.opaque == ["louder"] and graph.group_sizes == (8, 6)


def test_a_layer_has_one_rule():
    with pytest.raises(ValueError, match="has GainRule"):
        register_rule(Gain)(MirrorRule)
    assert register_rule(Gain)(GainRule) is GainRule  # the same one again
    np.testing.assert_array_equal(UnitGraph(_model(Gain())).group_sizes, (8, 6))
