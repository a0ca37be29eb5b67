"""Task after task, a learner has the units that the rules give it in plain Python."""

import keras
import numpy as np
import pytest
from keras import ops

import hypermask_tf as hm
from tests.hypermask import builders
from tests.masks.brute_force import selected

pytestmark = [
    pytest.mark.backend_more,
    pytest.mark.filterwarnings("ignore:The network is full"),
]
SIZES = (16, 12)
RULES = {"free first": 0.0, "some shared": [0.5, 0.25], "any": 1.0}


def _scores(model, task):
    """As the hypernetwork gives them; `(units,)`."""
    tasks = ops.convert_to_tensor([task], dtype="int32")
    return np.abs(ops.convert_to_numpy(model.hypernetwork(tasks))[0])


def _expected(model, task, taken, reuse, pinned=None):
    """Units of a task that is learned or comes later."""
    return selected(
        _scores(model, task),
        SIZES,
        np.broadcast_to(model.masks.sparsity, len(SIZES)).tolist(),
        free=~taken,
        pinned=pinned,
        reuse=reuse,
    )


def _check_capacity(model, taken):
    groups = model.capacity().groups
    for group, part in zip(groups, np.split(taken, [SIZES[0]]), strict=True):
        assert (group.units, group.in_use) == (part.size, part.sum())
        assert group.free == part.size - part.sum()


@pytest.mark.parametrize(
    ("name", "protection"),
    [
        # Each rule with one protection fast, and with the other slow.
        pytest.param(name, protection, marks=[pytest.mark.slow] * ((i + j) % 2))
        for i, name in enumerate(RULES)
        for j, protection in enumerate(("used", "hard"))
    ],
)
def test_units_are_those_the_rules_give(name, protection):
    reuse = RULES[name]
    model = builders.learner(
        granularity="unit",
        sparsity=[75.0, 60.0],
        protection=protection,
        tasks=4,
        beta=0.0,
        optimizer=keras.optimizers.Adam(0.1),
        reuse=reuse,
    )
    taken, ends = np.zeros(sum(SIZES), bool), []
    for task in range(3):
        model.begin_task(task)
        for step in range(2):
            builders.steps(model, step)
            on = model.units_on(task)
            np.testing.assert_array_equal(on, _expected(model, task, taken, reuse))
            # A task that has not begun sees what finished ones took.
            np.testing.assert_array_equal(
                model.units_on(3), _expected(model, 3, taken, reuse)
            )
            _check_capacity(model, taken | on)
        ends.append(model.units_on(task))
        taken = taken | ends[-1]
        # Scores of earlier tasks drift, what they are made of does not.
        for earlier, units in enumerate(ends):
            np.testing.assert_array_equal(model.units_on(earlier), units)


@pytest.mark.parametrize("protection", ["used", "hard"])
def test_a_bank_takes_what_the_rules_give(protection):
    reuse = 0.5
    model = builders.learner(
        granularity="unit",
        sparsity=75,
        protection=protection,
        hypernetwork=hm.MaskBank(seed=2),
        optimizer=keras.optimizers.Adam(0.1),
        reuse=reuse,
    )
    taken = np.zeros(sum(SIZES), bool)
    for task in range(3):
        model.begin_task(task)
        for _ in range(2):
            np.testing.assert_array_equal(
                model.units_on(task), _expected(model, task, taken, reuse)
            )
            builders.steps(model)
        taken = taken | model.units_on(task)


@pytest.mark.parametrize("bank", [True, False])
def test_what_one_task_inherits_holds_no_other(bank):
    """Units that task 1 keeps of its source come first for task 1 alone."""
    reuse = 0.5
    model = builders.learner(
        granularity="unit",
        sparsity=75,
        protection="hard",
        tasks=4,
        hypernetwork=hm.MaskBank(seed=2) if bank else None,
        reuse=reuse,
    )
    model.begin_task(0)
    builders.steps(model)
    first = model.units_on(0)
    model.begin_task(1, inherit=0)
    shared = model.units_on(1) & first
    assert shared[:16].sum() == 2 and shared[16:].sum() == 1
    # It keeps them, whatever its scores become.
    model.hypernetwork.shift_scores(np.where(shared, 5.0, -0.5).astype("float32"))
    model.hypernetwork.shift_scores(np.where(shared, -5.0, 0.5).astype("float32"))
    np.testing.assert_array_equal(model.units_on(1) & first, shared)
    # Tasks that have not begun are not bound by it, and one that begins is not.
    taken = first
    np.testing.assert_array_equal(model.units_on(3), _expected(model, 3, taken, reuse))
    taken = first | model.units_on(1)
    model.begin_task(2)
    others = taken & ~first & ~shared
    model.hypernetwork.shift_scores(np.where(others, 9.0, 0.0).astype("float32"))
    on = model.units_on(2)
    np.testing.assert_array_equal(on, _expected(model, 2, taken, reuse))
    # It would rather have the others now, and gets them.
    assert (on & others).any() and not (on & shared).all()


@pytest.mark.parametrize("bank", [True, False])
@pytest.mark.parametrize("protection", ["used", "hard"])
def test_new_units_get_the_largest_scores_of_their_group(bank, protection):
    model = builders.learner(
        granularity="unit",
        sparsity=75,
        reuse=0.0,
        protection=protection,
        hypernetwork=hm.MaskBank(seed=2) if bank else None,
    )
    model.begin_task(0)
    # Task 1 would rather have the units of task 0: all others have small scores.
    on = model.units_on(0)
    shift = np.where(on, 4.0, 0.0).astype("float32")
    if bank:
        rows = ops.convert_to_numpy(model.hypernetwork.bank)
        model.hypernetwork.bank.assign(rows + np.sign(rows) * shift)
    else:
        model.hypernetwork.shift_scores(shift)
    held = [mask.copy() for mask in model.mask(0).values()]
    tasks = ops.convert_to_tensor([1], dtype="int32")
    before = ops.convert_to_numpy(model.hypernetwork(tasks))[0]
    model.begin_task(1)
    after = ops.convert_to_numpy(model.hypernetwork(tasks))[0]
    new = model.units_on(1)
    assert not (new & on).any()
    for part in (slice(0, 16), slice(16, 28)):
        own = new[part]
        strongest = np.sort(np.abs(before[part]))[::-1][: own.sum()]
        # In their own order.
        order = np.argsort(-np.abs(before[part][own]), kind="stable")
        np.testing.assert_allclose(
            np.abs(after[part][own])[order], strongest, rtol=1e-5
        )
        assert (np.sign(after[part]) == np.sign(before[part])).all()
        np.testing.assert_allclose(after[part][~own], before[part][~own], atol=1e-6)
    if bank or protection == "hard":
        for mask, values in zip(model.mask(0).values(), held, strict=True):
            np.testing.assert_array_equal(mask, values)
