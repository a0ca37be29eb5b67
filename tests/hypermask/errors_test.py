"""What a learner refuses, and how it says so."""

import keras
import numpy as np
import pytest
from keras import layers

import hypermask_tf as hm
from tests.hypermask import builders
from tests.learners import hyper_mask


def _make(**kwargs):
    return hyper_mask(builders.mlp(), kwargs.pop("num_tasks", 2), **kwargs)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sparsity": 100}, "`sparsity` is a percentage"),
        ({"sparsity": -1}, "`sparsity` is a percentage"),
        ({"activation": "relu"}, "`activation` must be one of"),
        ({"output_reduction": "max"}, "`reduction` must be one of"),
        ({"head": "own"}, "`head` must be one of"),
        ({"normalization": "none"}, "`normalization` must be one of"),
        ({"num_tasks": 0}, "`num_tasks` must be at least 1. Received: num_tasks=0"),
        ({"ramp_steps": -1}, "`ramp_steps` must be at least 0"),
        ({"sampled_tasks": 0}, "`sampled_tasks` must be at least 1"),
        ({"beta": -0.1}, "`strength` must be finite and not negative"),
        ({"lam": float("nan")}, "`strength` must be finite and not negative"),
        ({"lam": float("inf")}, "`strength` must be finite and not negative"),
        ({"memory_limit": 10}, "above the limit of 10 bytes"),
        ({"maskable": [True]}, "one flag per trainable variable"),
    ],
    ids=str,
)
def test_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        _make(**arguments)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: hm.UnitMasks("many"), "sparsity"),
        (lambda: hm.UnitMasks([[50]]), "sparsity"),
        (lambda: hm.WeightMasks(None), "sparsity"),
        (lambda: hm.UnitMasks(scale=[1, "x"]), "scale"),
        (lambda: hm.UnitMasks(allocation="free"), "allocation"),
        (lambda: hm.FreeUnitsFirst("few"), "reuse"),
        (lambda: hm.WeightPenalty("strong"), "strength"),
        (lambda: hm.DriftPenalty(True), "strength"),
        (lambda: hm.MLPHypernetwork(drift=1e-3), "drift"),
        (lambda: hm.ChunkedHypernetwork(drift="none"), "drift"),
    ],
)
def test_choices_of_another_kind_are_refused_where_they_are_made(make, name):
    with pytest.raises(TypeError, match=rf"`{name}` must be .* Received: {name}="):
        make()


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: hm.UnitMasks(float("nan")), "sparsity"),
        (lambda: hm.WeightMasks([50, 100]), "sparsity"),
        (lambda: hm.UnitMasks(scale="wide"), "scale"),
        (lambda: hm.UnitMasks(scale=0), "scale"),
        (lambda: hm.WeightPenalty(-1), "strength"),
        (lambda: hm.WeightPenalty([1, 2]), "strength"),
    ],
)
def test_choices_out_of_range_are_refused_where_they_are_made(make, name):
    with pytest.raises(ValueError, match=f"`{name}` .* Received: {name}="):
        make()


def test_what_a_penalty_is_on():
    with pytest.raises(ValueError, match=r"`on` must be one of .*on='some'"):
        hm.WeightPenalty(on="some")


@pytest.mark.parametrize(
    ("name", "given", "kind"),
    [
        ("masks", "unit", "Masks"),
        ("protection", "hard", "Protection"),
        ("hypernetwork", "mlp", "Hypernetwork"),
    ],
)
def test_parts_are_objects(name, given, kind):
    with pytest.raises(TypeError, match=f"`{name}` must be of {kind}, or"):
        hm.HyperMask(builders.mlp(), 2, **{name: given})


@pytest.mark.parametrize(
    ("name", "now"),
    [
        ("sparsity", r"masks=UnitMasks\(sparsity="),
        ("lam", r"WeightPenalty\(strength="),
        ("borrow", "CHANGELOG"),
    ],
)
def test_arguments_of_earlier_versions_say_where_they_are(name, now):
    with pytest.raises(TypeError, match=f"`{name}` is .*{now}"):
        hm.HyperMask(builders.mlp(), 2, **{name: 1})


@pytest.mark.parametrize("value", [1.5, "2", True])
def test_numbers_of_tasks_are_integers(value):
    with pytest.raises(TypeError, match="`num_tasks` must be an integer"):
        _make(num_tasks=value)


@pytest.mark.parametrize(
    "target", [keras.Sequential([layers.Dense(2)]), layers.Dense(2), None]
)
def test_a_target_must_be_a_built_model(target):
    with pytest.raises(ValueError, match=r"`target` must be a built keras.Model"):
        hyper_mask(target, 2)


def test_units_need_a_graph():
    with pytest.raises(ValueError, match=r"WeightMasks.*Received: Subclassed"):
        hyper_mask(builders.subclassed(), 2)


def test_a_hypernetwork_serves_one_learner():
    hypernetwork = hm.MLPHypernetwork(4, (4,))
    _make(hypernetwork=hypernetwork)
    with pytest.raises(ValueError, match="already belongs to a model"):
        _make(hypernetwork=hypernetwork)


@pytest.mark.parametrize(
    ("task", "kind", "message"),
    [
        (-1, ValueError, "counts from 0. Received: task=-1"),
        (3, ValueError, r"capacity of 3 tasks; .*extend\(4\)` makes room"),
        (1.0, TypeError, "`task` must be an integer, or the name.* task=1.0"),
        (True, TypeError, "`task` must be an integer"),
    ],
)
def test_tasks(task, kind, message):
    model = builders.learner()
    x, y = builders.data(0)
    for use in (
        lambda: model.fit(x, y, task=task, verbose=0),
        lambda: model.evaluate(x, y, task=task, verbose=0),
        lambda: model.predict(x, task=task, verbose=0),
        lambda: model.begin_task(task),
        lambda: model.bake(task),
        lambda: model.mask(task),
        lambda: model.task_values(task),
    ):
        with pytest.raises(kind, match=message):
            use()
    assert model.active_task == 0 and model.num_learned_tasks == 0


def test_tasks_are_learned_in_order():
    model = builders.learner()
    x, y = builders.data(0)
    with pytest.raises(ValueError, match=r"the next one is 0. Received: task=1"):
        model.fit(x, y, task=1)
    with pytest.raises(ValueError, match=r"next task to begin is 0. Received: task=2"):
        model.begin_task(2)
    model.begin_task(0)
    model.begin_task(1)
    with pytest.raises(ValueError, match="Task 0 is finished"):
        model.fit(x, y, task=0)
    with pytest.raises(ValueError, match=r"next task to begin is 2. Received: task=1"):
        model.begin_task(1)
    assert model.num_learned_tasks == 2


@pytest.mark.parametrize("labels", [(0, 3), (-1, 2)])
def test_labels_outside_the_head(labels):
    model = builders.learner()
    x, y = builders.data(0)
    y = np.where(y > 0, *reversed(labels)).astype("int32")
    with pytest.raises(ValueError, match=r"3 outputs, so labels must lie in 0\.\.2"):
        model.fit(x, y, task=0)
    assert model.num_learned_tasks == 0  # nothing has begun


def test_the_capacity_must_grow():
    model = builders.learner()
    for capacity in (2, 3):
        with pytest.raises(ValueError, match="above the present capacity of 3"):
            model.extend(capacity)
