"""What the library uses of Keras beyond its public interface is still there."""

import random
import re
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers, ops

from hypermask_tf import keras_private as private
from hypermask_tf.distribution.replicated_model import ReplicatedModel

pytestmark = pytest.mark.backend


class _Outer(layers.Layer):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(2, name="inner")
        self.count = self.add_weight((), trainable=False, name="count")
        self.scale = self.add_weight((), name="scale")
        self.seeds = keras.random.SeedGenerator(1)
        self.dense.build((None, 3))


def test_layers_within_layers_are_listed():
    names = {layer.name for layer in private.all_layers(_Outer())}
    assert "inner" in names and len(names) == 2


def test_variables_of_a_layer_itself():
    layer = _Outer()
    trainable, others = private.own_variables(layer)
    assert [v.name for v in trainable] == ["scale"]
    assert [v.name for v in others] == ["count"]


def test_a_sequential_model_has_a_functional_graph():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    graph = private.functional_graph(model)
    assert isinstance(graph, keras.Model) and graph.outputs
    assert private.functional_graph(graph) is graph
    assert private.has_graph(model) and private.has_graph(graph)
    assert not private.has_graph(keras.Sequential([layers.Dense(2)]))
    (node,) = [n for n in private.graph_nodes(graph) if n.operation is model.layers[0]]
    assert node.input_tensors and node.outputs


def test_functions_of_keras_are_told_by_where_they_are_from():
    assert private.is_named_by_keras(keras.activations.relu, "activations")
    assert private.is_named_by_keras(keras.initializers.Zeros, "initializers")
    assert private.is_named_by_keras(keras.regularizers.L2, "regularizers")
    assert not private.is_named_by_keras(ops.relu, "activations")
    assert not private.is_named_by_keras(lambda x: x, "activations")


def test_added_losses_are_forgotten():
    class Adds(keras.Model):
        def call(self, x):
            self.add_loss(ops.sum(x))
            private.clear_losses(self)
            self.add_loss(2 * ops.sum(x))
            return x

    model = Adds()
    model(ops.ones((1, 1)))
    assert [float(loss) for loss in model.losses] == [2.0]


def test_a_learning_rate_may_be_a_variable_a_schedule_or_a_function():
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 10)
    for given in (0.1, schedule, lambda: 0.1):
        held = vars(keras.optimizers.Adam(given))[private.LEARNING_RATE]
        assert isinstance(held, keras.Variable) if given == 0.1 else held is given


def test_steps_are_counted_one_by_one():
    optimizer = keras.optimizers.SGD(0.1, gradient_accumulation_steps=4)
    variable = keras.Variable(np.zeros(2, "float32"))
    optimizer.build([variable])
    for _ in range(3):
        optimizer.apply([ops.ones((2,))])
    assert private.steps_taken(optimizer) == 3


def test_metrics_say_whether_more_is_better():
    metrics = keras.metrics
    assert private.metric_direction(metrics.AUC()) == "up"
    assert private.metric_direction(metrics.MeanAbsoluteError()) == "down"
    assert private.metric_direction(metrics.Mean()) is None


def test_what_has_no_weight_decay_is_known():
    optimizer = keras.optimizers.AdamW()
    variable = keras.Variable(np.zeros(2, "float32"), name="gamma")
    assert private.decay_exclusions(optimizer)[:2] == (set(), None)
    optimizer.exclude_from_weight_decay(var_list=[variable], var_names=["bias"])
    keys, pattern, key_of = private.decay_exclusions(optimizer)
    assert key_of(variable) in keys and pattern.search("a/bias")


def test_unseeded_draws_go_on_as_if_nothing_had_been():
    def draws(within):
        keras.utils.set_random_seed(5)
        first = float(keras.random.uniform(()))
        if within:
            state = random.getstate()
            with private.own_seed_generator():
                keras.random.uniform(())
            random.setstate(state)
        return first, float(keras.random.uniform(()))

    assert draws(True) == draws(False)


@pytest.mark.parametrize("name", private.OVERRIDDEN)
def test_what_is_overridden_exists(name):
    if name == "_maybe_symbolic_build" and keras.backend.backend() != "tensorflow":
        pytest.skip("only TensorFlow asks replicas for the shape of a batch")
    assert callable(getattr(keras.Model, name)) and name in vars(ReplicatedModel)


def test_nothing_private_is_used_elsewhere():
    root = Path(private.__file__).parent
    pattern = re.compile(
        r"keras\.src|\._flatten_layers|\._clear_losses|\._(non_)?trainable_variables|"
        r"\._functional\b|\._iterations|_nodes_by_depth|_exclude_from_weight|\._var_key|\"_learning_rate"
    )
    for path in root.rglob("*.py"):
        if path.name != "keras_private.py":
            assert not pattern.search(path.read_text("utf-8")), path


def test_an_optimizer_knows_the_place_of_what_it_updates():
    seen = []

    class Places(keras.optimizers.Optimizer):
        def update_step(self, gradient, variable, learning_rate):
            del gradient, learning_rate
            seen.append(private.place_of(self, variable))

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(Places(0.1), "mse", jit_compile=False)
    model.fit(np.ones((2, 2)), np.ones((2, 1)), verbose=0)
    assert seen[:2] == [0, 1]
