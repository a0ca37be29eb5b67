"""How many units tasks have in a wider network, and where all values went."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import hypermask_tf as hm
from tests.hypermask import builders

pytestmark = pytest.mark.backend_more


def _mlp(one=12, two=12):
    inputs = keras.Input((builders.FEATURES,))
    x = layers.Dense(one, "sigmoid", name="one")(inputs)
    x = layers.Dense(two, "sigmoid", name="two")(x)
    return keras.Model(inputs, layers.Dense(3, name="logits")(x))


def _learner(target=None, **kwargs):
    options = {"granularity": "unit", "reuse": 0.0, "tasks": 6, **kwargs}
    return builders.learner(target or _mlp(), **options)


def _on(model, task):
    """Units that are on, group by group."""
    return [
        int(part.sum())
        for part in np.split(
            model.units_on(task),
            np.cumsum([group.units for group in model.capacity().groups])[:-1],
        )
    ]


def _wanted(model):
    return [group.wanted for group in model.capacity().groups]


# Of 12 units so many are on: at 95 %, one.
@pytest.mark.parametrize(
    ("sparsity", "kept"), [(95.0, 1), (90.0, 2), (40.0, 7), (1.0, 11), (0.0, 12)]
)
def test_a_task_has_as_many_units_as_before_however_wide_it_gets(sparsity, kept):
    model = _learner(sparsity=sparsity)
    model.begin_task(0)
    assert _on(model, 0) == _wanted(model) == [kept, kept]
    for widths in ({"one": 13}, {"one": 64, "two": 25}):
        model = model.grow(widths)
        assert _on(model, 0) == _wanted(model) == [kept, kept]
        task = model.num_learned_tasks
        model.begin_task(task)
        assert _on(model, task) == [kept, kept]
        # The new units are taken first, where the old ones do not suffice.
        fresh = model.units_on(task) & ~model.units_on(0)
        assert fresh.sum() >= min(kept, 1)


def test_a_group_of_one_unit_grows():
    model = _learner(_mlp(1, 12), sparsity=75)
    assert _on(model, 0) == [1, 3]
    model.begin_task(0)
    wider = model.grow({"one": 5})
    wider.begin_task(1)
    assert _on(wider, 0) == _on(wider, 1) == [1, 3]
    assert not (wider.units_on(0) & wider.units_on(1)).any()


def test_a_group_that_does_not_grow_stays_as_it_is():
    model = _learner(sparsity=[95.0, 33.3])
    wider = model.grow({"one": 20})
    assert wider.masks.sparsity[1] == pytest.approx(33.3)
    assert _on(wider, 0) == _on(model, 0)


@pytest.mark.parametrize("bank", [True, False])
@pytest.mark.parametrize("protection", ["used", "hard"])
def test_all_values_lie_where_their_units_went(protection, bank):
    model = _learner(
        builders.normalised(),
        sparsity=50,
        protection=protection,
        head="per_task",
        hypernetwork=hm.MaskBank(seed=1) if bank else None,
    )
    for task in range(2):
        model.begin_task(task)
        builders.shake(model.target.variables, task)
    dense = model.target.layers[1].name
    wider = model.grow({dense: 20})
    assert wider.num_finished_tasks == wider.num_learned_tasks == 2
    for task in range(2):
        # The first sixteen units are the old ones, the others are off.
        np.testing.assert_array_equal(wider.units_on(task)[:16], model.units_on(task))
        assert not wider.units_on(task)[16:].any()
        old, new = model.task_values(task), wider.task_values(task)
        for narrow, wide in zip((*old[0], *old[1]), (*new[0], *new[1]), strict=True):
            place = tuple(slice(size) for size in np.shape(narrow))
            np.testing.assert_array_equal(wide[place], narrow)
    # What no mask cuts, too; "hard" puts back what was shaken and is used.
    weights = zip(model.target.weights, wider.target.weights, strict=True)
    for narrow, wide in [] if protection == "hard" else weights:
        place = tuple(slice(size) for size in narrow.shape)
        np.testing.assert_array_equal(
            ops.convert_to_numpy(wide.value)[place], ops.convert_to_numpy(narrow.value)
        )
    # New units start as a network of that width does: not from nothing.
    kernel = ops.convert_to_numpy(wider.target.trainable_variables[0].value)
    assert kernel[:, 16:].all() and len(np.unique(kernel[:, 16:])) > 4
    # Tasks that have not begun are the same in what they had.
    for task in range(2, 6):
        tasks = ops.convert_to_tensor([task], dtype="int32")
        old, new = (
            ops.convert_to_numpy(each.hypernetwork(tasks))[0] for each in (model, wider)
        )
        np.testing.assert_allclose(new[:16], old, rtol=1e-5, atol=1e-6)
        assert new[16:].any()


@pytest.mark.parametrize("protection", ["used", "hard"])
def test_what_tasks_use_is_used_in_the_wider_network_too(protection):
    model = _learner(sparsity=75, protection=protection)
    for task in range(2):
        model.begin_task(task)
        builders.steps(model, 2)
    before = model.capacity()
    wider = model.grow({"one": 20, "two": 18})
    after = wider.capacity()
    for (path, (_, used)), (_, wide) in zip(
        before.weights.items(), after.weights.items(), strict=True
    ):
        assert wide[1] == used, path
    assert [group.in_use for group in after.groups] == [
        group.in_use for group in before.groups
    ]
    assert [group.units for group in after.groups] == [20, 18]
    values = [wider.task_values(task)[0] for task in range(2)]
    wider.begin_task(2)
    builders.steps(wider, 2)
    if protection == "hard":
        for task in range(2):
            for value, old in zip(
                wider.task_values(task)[0], values[task], strict=True
            ):
                np.testing.assert_array_equal(value, old)


def test_before_the_first_task_a_network_may_grow_too():
    model = _learner(sparsity=75)
    wider = model.grow({"one": 20})
    assert wider.num_learned_tasks == wider.num_finished_tasks == 0
    wider.begin_task(0)
    builders.steps(wider)
    assert _on(wider, 0) == [4, 3] or _on(wider, 0) == _on(model, 0)


def test_the_scale_of_old_masks_stays():
    model = _learner(sparsity=75)
    model.begin_task(0)
    wider = model.grow({"one": 40})
    old, new = model.mask(0), wider.mask(0)
    for path, mask in old.items():
        place = tuple(slice(size) for size in mask.shape)
        np.testing.assert_allclose(new[path][place], mask, rtol=1e-6)


def test_a_wider_learner_draws_on_where_the_old_one_stopped():
    model = _learner(builders.normalised(), sparsity=50, sampled_tasks=1)
    model.begin_task(0)
    builders.steps(model, 3)
    wider = model.grow({model.target.layers[1].name: 20})
    for one, other in zip(model.random_state, wider.random_state, strict=True):
        np.testing.assert_array_equal(
            ops.convert_to_numpy(one.value), ops.convert_to_numpy(other.value)
        )
