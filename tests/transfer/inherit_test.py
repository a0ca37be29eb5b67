"""A task that starts from a copy of an earlier one."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import hypermask_tf as hm
from tests.hypermask import builders


def _convnet():
    inputs = keras.Input((6, 6, 2))
    x = layers.Conv2D(16, 3, padding="same")(inputs)
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.5)(x))
    y = layers.DepthwiseConv2D(3, padding="same", activation="sigmoid")(x)
    y = layers.BatchNormalization()(layers.Conv2D(16, 1)(y))
    x = layers.Flatten()(layers.MaxPooling2D()(layers.Add()([x, y])))
    x = layers.Dense(20, "relu")(x)
    return keras.Model(inputs, layers.Dense(3, name="logits")(x))


TARGETS = {
    "mlp": builders.mlp,
    "sigmoid": lambda: builders.mlp("sigmoid"),
    "normalised": builders.normalised,
    "convnet": _convnet,
}


def _shaken(target, **options):
    """A learner of two tasks with random weights and normalisation."""
    model = builders.learner(target, granularity="unit", sparsity=75, **options)
    for task in range(2):
        model.begin_task(task)
        builders.shake(target.variables, task)
    return model


def _outputs(model, x, task):
    model.active_task = task
    return ops.convert_to_numpy(model(x, training=False))


@pytest.mark.parametrize(
    ("options", "source"),
    [
        ({"reuse": 0.0, "protection": "hard"}, 1),
        ({"reuse": 0.0, "protection": "used"}, 0),
        ({"reuse": 0.5, "protection": "hard"}, 0),
        ({"reuse": 1.0, "protection": "hard"}, 1),
        ({"reuse": 0.5, "protection": "used", "hypernetwork": "bank"}, 1),
    ],
)
@pytest.mark.parametrize("name", sorted(TARGETS))
def test_the_copy_computes_what_its_source_does(name, options, source):
    options = dict(options)
    if options.get("hypernetwork"):
        options["hypernetwork"] = hm.MaskBank(seed=3)
    target = TARGETS[name]()
    model = _shaken(target, **options)
    shape = (16, *target.input_shape[1:])
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    outputs = [_outputs(model, x, task) for task in range(2)]
    model.begin_task(2, inherit=source)
    shared = (model.units_on(2) & model.units_on(source)).sum()
    assert shared == pytest.approx(options["reuse"] * model.units_on(2).sum(), abs=2)
    np.testing.assert_allclose(
        _outputs(model, x, 2), outputs[source], rtol=1e-4, atol=1e-6
    )
    assert np.abs(outputs[source] - outputs[1 - source]).max() > 1e-3
    if options["protection"] == "hard" or options.get("hypernetwork"):
        for task in range(2):
            np.testing.assert_array_equal(_outputs(model, x, task), outputs[task])


def test_a_copy_is_no_smaller_in_its_mask_than_its_source():
    """Small mask values would need large weights, which learn slowly."""
    model = _shaken(builders.mlp(), reuse=0.0, protection="hard")
    model.begin_task(2, inherit=0)
    strength = [
        np.sort(np.abs(model.state.scores_of(t))[model.units_on(t)]) for t in (0, 2)
    ]
    assert (strength[1] >= strength[0] - 1e-6).all()


@pytest.mark.backend
def test_frozen_layers_are_left_alone():
    inputs = keras.Input((8,))
    x = layers.Dense(8, trainable=False, name="frozen")(inputs)
    target = keras.Model(inputs, layers.Dense(3)(layers.Dense(10)(x)))
    model = builders.learner(
        target, granularity="unit", protection="hard", reuse=0.0, sparsity=60
    )
    x = np.random.default_rng(0).normal(size=(8, 8)).astype("float32")
    for task in range(2):
        model.begin_task(task)
        builders.shake(target.trainable_variables, task)
    before = [_outputs(model, x, task) for task in range(2)]
    model.begin_task(2, inherit=0)
    for task in range(2):
        np.testing.assert_array_equal(_outputs(model, x, task), before[task])


@pytest.mark.parametrize(
    "reader",
    [
        lambda x: layers.Dense(8, trainable=False, name="reader")(x),
        lambda x: layers.Lambda(lambda t: t[:, ::2], name="reader")(x),
        lambda x: ops.mean(x, axis=-1, keepdims=True),
    ],
    ids=["frozen", "no rule", "mean over channels"],
)
def test_layers_that_read_units_by_their_place_are_refused(reader):
    inputs = keras.Input((8,))
    x = reader(layers.Dense(10, "relu")(inputs))
    model = builders.learner(
        keras.Model(inputs, layers.Dense(3)(x)), granularity="unit", protection="hard"
    )
    model.begin_task(0)
    with pytest.raises(ValueError, match="by their place"):
        model.begin_task(1, inherit=0)
    model.begin_task(1)


@pytest.mark.backend
def test_normalisation_of_inputs_is_inherited_too():
    inputs = keras.Input((8,))
    x = layers.Dense(16, "relu")(layers.BatchNormalization()(inputs))
    target = keras.Model(inputs, layers.Dense(3)(x))
    model = _shaken(target, reuse=0.0, protection="hard")
    x = np.random.default_rng(0).normal(size=(8, 8)).astype("float32")
    outputs = _outputs(model, x, 0)
    model.begin_task(2, inherit=0)
    np.testing.assert_allclose(_outputs(model, x, 2), outputs, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("reuse", [0.3, 1.0])
def test_earlier_tasks_do_not_notice_where_units_are_shared(reuse):
    target = _convnet()
    model = builders.learner(
        target,
        granularity="unit",
        sparsity=50,
        reuse=reuse,
        protection="hard",
    )
    x = np.random.default_rng(0).normal(size=(32, 6, 6, 2))
    y = np.arange(32) % 3
    for task in range(3):
        model.fit(x, y, task=task, inherit=task - 1 if task else None, verbose=0)
        if not task:
            before = model.task_values(0)[0]
    for after, value in zip(model.task_values(0)[0], before, strict=True):
        np.testing.assert_array_equal(after, value)
    for values in model.task_values(2):
        assert all(np.isfinite(value).all() for value in values)


def test_a_head_of_its_own_is_not_inherited():
    model = builders.learner(
        granularity="unit", sparsity=75, reuse=0.0, head="per_task"
    )
    builders.learn(model, 0)
    first = ops.convert_to_numpy(model._bank.rows()[0][1].value)[1]
    model.begin_task(1, inherit=0)
    np.testing.assert_array_equal(
        ops.convert_to_numpy(model.target.trainable_variables[-2].value), first
    )


@pytest.mark.parametrize(
    ("options", "inherit", "message"),
    [
        ({"granularity": "unit"}, 1, "a task before task 1"),
        ({"granularity": "weight"}, 0, "`inherit` needs `UnitMasks"),
        (
            {"granularity": "unit", "protection": "all"},
            0,
            "that tracks use",
        ),
        (
            {"granularity": "unit", "normalization": "shared", "target": "normalised"},
            0,
            "must not be shared",
        ),
    ],
)
def test_mistakes(options, inherit, message):
    options = dict(options)
    target = builders.normalised() if options.pop("target", None) else None
    model = builders.learner(target, **options)
    builders.learn(model, 0)
    with pytest.raises(ValueError, match=message):
        model.begin_task(1, inherit=inherit)
    assert model.num_learned_tasks == 1


def test_inheriting_in_the_middle_of_a_task_is_refused():
    model = builders.learner(granularity="unit")
    builders.learn(model, 0)
    builders.learn(model, 1)
    with pytest.raises(ValueError, match="task 1 has begun"):
        model.fit(*builders.data(1), task=1, inherit=0)


@pytest.mark.parametrize(
    ("protection", "kind"),
    [("hard", "chunked"), ("used", "chunked"), ("used", "mlp"), ("hard", "mlp")],
)
def test_inheriting_shares_units_on_purpose_where_it_may_alone(protection, kind):
    """Elsewhere the new task has the units it would have had."""

    def begun(**inherit):
        keras.utils.set_random_seed(0)
        hypernetwork = hm.ChunkedHypernetwork(4, (8,), 7, 3, seed=1)
        model = _shaken(
            builders.mlp(),
            reuse=0.5,
            protection=protection,
            hypernetwork=hypernetwork if kind == "chunked" else None,
        )
        model.begin_task(2, **inherit)
        return model, model.units_on(2)

    (model, inherited), (_, plain) = begun(inherit=0), begun()
    if (protection, kind) == ("hard", "mlp"):
        # 4 and 3 units, of which 2 and 2 are their own.
        shared = inherited & model.units_on(0)
        assert (shared[:16].sum(), shared[16:].sum()) == (2, 1)
    else:
        np.testing.assert_array_equal(inherited, plain)


def test_the_normalisation_of_a_copy_is_that_of_its_source():
    target = builders.normalised()
    model = _shaken(target, reuse=0.0, protection="hard")
    model.begin_task(2, inherit=0)

    def statistics(task):
        """Moving mean and variance of the units that are on, strongest first."""
        on = model.units_on(task)
        order = np.flatnonzero(on)[np.argsort(-np.abs(model.state.scores_of(task)[on]))]
        return [
            value[order]
            for value in model.task_values(task)[1]
            if value.ndim == 1 and value.size == 16
        ]

    copied, source = statistics(2), statistics(0)
    assert len(copied) == 2
    for one, other in zip(copied, source, strict=True):
        np.testing.assert_allclose(np.sort(one), np.sort(other), rtol=1e-6)


@pytest.mark.parametrize("protection", ["used", "hard"])
def test_every_weight_of_a_copy_can_learn(protection):
    keras.utils.set_random_seed(1)
    target = keras.Sequential([keras.Input((builders.FEATURES,))])
    for _ in range(2):  # a unit of ReLU may be dead, and then so is its copy
        target.add(layers.Dense(12, "tanh"))
    target.add(layers.Dense(3))
    model = _shaken(target, reuse=0.0, protection=protection)
    model.begin_task(2, inherit=1)
    masks = model.mask_arrays(2)
    before = [ops.convert_to_numpy(v.value).copy() for v in target.trainable_variables]
    builders.steps(model, 5)
    tried = 0
    for variable, old, mask in zip(
        target.trainable_variables, before, masks, strict=True
    ):
        if mask is None:
            continue  # the output bias, which the first task uses
        on = mask != 0
        assert (ops.convert_to_numpy(variable.value) != old)[on].all(), variable.path
        tried += on.sum()
    assert tried > 30
