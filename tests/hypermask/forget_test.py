"""A task is removed: nothing is left of its data, and nothing else moves."""

import copy

import keras
import numpy as np
import pytest
from keras import ops

import hypermask_tf as hm
from tests.hypermask import builders

pytestmark = [
    pytest.mark.backend,
    pytest.mark.filterwarnings("ignore:The network is full"),
]


def _learner(target=builders.mlp, **kwargs):
    keras.utils.set_random_seed(0)
    return builders.learner(
        target(),
        **{
            "granularity": "unit",
            "protection": "hard",
            "head": "per_task",
            "sparsity": 75,
            "tasks": 5,
            **kwargs,
        },
    )


def _learn(model, name, data, steps=3, **kwargs):
    """Learns a task from what `builders` has as the data of a number."""
    model.begin_task(name, **kwargs)
    x, y = builders.data(data)
    count = kwargs.get("num_classes", builders.CLASSES)
    for _ in range(steps):
        model.train_on_batch(x[y < count], y[y < count])


def _outputs(model, tasks):
    return [model.predict_on_batch(builders.data(0)[0], task=task) for task in tasks]


@pytest.mark.parametrize("target", [builders.mlp, builders.normalised])
def test_nothing_depends_on_the_data_of_the_latest_task_any_more(target):
    """Learners that learned other data are equal, generators and optimizer included."""
    left = []
    for data in (1, 7):
        model = _learner(target)
        _learn(model, 0, 0)
        _learn(model, "bottles", data, num_classes=2)
        model.evaluate(*builders.data(0), task=0, verbose=0)
        before = builders.values(model)
        model.forget("bottles")
        left.append((before, builders.values(model)))
    (one, first), (other, second) = left
    assert any(
        not np.array_equal(a, b)
        for a, b in zip(one.values(), other.values(), strict=True)
    )
    builders.assert_same(first, second)


def test_what_other_tasks_stand_on_is_as_in_a_learner_that_never_learned_it():
    model, never = _learner(), _learner()
    for one in (model, never):
        _learn(one, 0, 0)
    never.order.close()
    _learn(model, "bottles", 1)
    model.forget("bottles")
    builders.assert_same(
        {v.path: ops.convert_to_numpy(v) for v in model.state.memory.used},
        {v.path: ops.convert_to_numpy(v) for v in never.state.memory.used},
    )
    for one, other in zip(
        model.task_values(0)[0], never.task_values(0)[0], strict=True
    ):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(model.units_on(0), never.units_on(0))
    for name in ("units_free", "fraction", "full"):
        assert getattr(model.capacity(), name) == getattr(never.capacity(), name)
    assert model.active_task == 0


@pytest.mark.parametrize("bank", [False, True])
def test_all_other_tasks_stay_to_the_last_bit(bank):
    hypernetwork = hm.MaskBank(seed=1) if bank else None
    model = _learner(builders.normalised, hypernetwork=hypernetwork, sparsity=50)
    _learn(model, "a", 0)
    _learn(model, "b", 1)  # the units are gone: the next one shares
    _learn(model, "c", 2, num_classes=2)
    _learn(model, "d", 3, inherit="b")
    model.predict_on_batch(builders.data(0)[0])  # writes down the mask
    before = _outputs(model, "acd")
    model.forget("b")
    assert model.task_names == ("a", "", "c", "d")
    for one, other in zip(before, _outputs(model, "acd"), strict=True):
        np.testing.assert_array_equal(one, other)
    # And so they stay, when what was freed is learned anew.
    _learn(model, "b", 1)
    assert model.task_names == ("a", "", "c", "d", "b")
    for one, other in zip(before, _outputs(model, "acd"), strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_it_took_is_free_again():
    model = _learner()
    _learn(model, "a", 0)
    free = model.capacity().units_free
    _learn(model, "b", 1)
    taken = model.units_on("b")
    _learn(model, "c", 2)
    assert not (taken & model.units_on("c")).any()  # own units
    model.forget("b")
    assert model.capacity().units_free == pytest.approx(2 * free - 1)
    _learn(model, "d", 1)
    assert (taken & model.units_on("d")).any()


def test_the_index_stays_empty(tmp_path):
    model = _learner()
    _learn(model, "a", 0)
    _learn(model, "b", 1)
    model.forget("b")
    x, y = builders.data(0)
    for use in (
        lambda: model.predict(x, task=1),
        lambda: model.bake(1),
        lambda: model.forget(1),
        lambda: model.fit(x, y, task=1),
        lambda: model.fit(x, y),
        lambda: hm.inference.TaskNetworks(model),
    ):
        with pytest.raises(ValueError, match=r"Task 1 was forgotten. The next.* is 2"):
            use()
    with pytest.raises(ValueError, match="Known names: 'a'"):
        model.predict(x, task="b")
    with pytest.raises(ValueError, match="has not begun"):
        model.forget(2)
    with pytest.raises(ValueError, match="no task to undo"):
        model.undo_task()
    lines: list[str] = []
    model.summary(print_fn=lines.append)
    assert "task 1" not in lines[0]
    model.save(tmp_path / "model.keras")
    for other in (
        keras.models.load_model(tmp_path / "model.keras"),
        copy.deepcopy(model),
        model.extend(6),
        model.grow({model.target.layers[1].name: 20}),
    ):
        _learn(other, "b", 1)
        assert other.task_names == ("a", "", "b")


def test_the_only_task_can_be_forgotten():
    model = _learner()
    first = [ops.convert_to_numpy(v).copy() for v in model.target.weights]
    _learn(model, "a", 0)
    model.forget("a")
    # Drawn anew, and from then on as at first.
    for variable, value in zip(model.target.weights, first, strict=True):
        assert np.std(ops.convert_to_numpy(variable)) == pytest.approx(
            np.std(value), rel=0.5
        )
    assert model.capacity().units_free == 1
    _learn(model, "a", 0)
    assert model.task_names == ("", "a")


def test_a_task_whose_weights_are_broken_can_be_forgotten():
    model = _learner()
    _learn(model, 0, 0)
    before = _outputs(model, [0])
    _learn(model, 1, 1)
    for variable in model.trainable_variables:
        variable.assign(np.full(variable.shape, np.nan))
    model.forget(1)
    np.testing.assert_array_equal(_outputs(model, [0])[0], before[0])
    assert all(np.isfinite(ops.convert_to_numpy(v)).all() for v in model.weights)


@pytest.mark.parametrize("options", [{"protection": "used"}, {"granularity": "weight"}])
def test_learners_that_cannot(options):
    model = _learner(**options)
    _learn(model, 0, 0)
    with pytest.raises(ValueError, match=r"needs `UnitMasks\(\)` and `Freeze\(\)`"):
        model.forget(0)


def test_a_call_that_fails_changes_nothing(monkeypatch):
    model = _learner()
    _learn(model, "a", 0)
    _learn(model, "b", 1)
    before = builders.values(model)

    def fail(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(model, "reset_metrics", fail)
    with pytest.raises(KeyboardInterrupt):
        model.forget("a")
    builders.assert_same(builders.values(model), before)
    assert model.task_names == ("a", "b") and model.num_finished_tasks == 1
