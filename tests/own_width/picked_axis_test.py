import numpy as np
import pytest
from keras import ops

from hypermask_tf.own_width.picked_axis import PickedAxis
from hypermask_tf.own_width.take import put_places, take_places
from hypermask_tf.units import FIXED

# Two groups, of six and four units; a task has two and three of them.
GROUPS = np.repeat([0, 1], [6, 4])
COUNTS = (2, 3)
FIRST, SECOND = np.arange(6), np.arange(6, 10)

AXES = {
    "plain": FIRST,
    "joined": np.concatenate([SECOND, FIRST]),
    "padded": np.concatenate([SECOND[:2], FIRST, SECOND[2:]]),
    "flattened": np.tile(FIRST, 5),
    "with pixels": np.concatenate([[FIXED] * 3, FIRST]),
    "repeated": np.repeat(FIRST, 2),
}


def _on(random):
    on = np.zeros(11, bool)
    on[random.permutation(6)[: COUNTS[0]]] = True
    on[6 + random.permutation(4)[: COUNTS[1]]] = True
    on[-1] = True
    return on


def _pick(axis, on):
    return [ops.convert_to_numpy(a) for a in axis.pick(ops.convert_to_tensor(on))]


@pytest.mark.backend
@pytest.mark.parametrize("order", ["place", "group"])
@pytest.mark.parametrize("name", AXES)
def test_what_is_on_is_picked_and_goes_back_where_it_was(name, order):
    units, random = AXES[name], np.random.default_rng(0)
    axis = PickedAxis(units, GROUPS, COUNTS, order)
    for _ in range(5):
        on = _on(random)
        places, ranks, named = _pick(axis, on)
        stays = on[units]
        assert sorted(places) == np.flatnonzero(stays).tolist()
        assert axis.width == len(places) == stays.sum()
        np.testing.assert_array_equal(ranks[places], np.arange(len(places)))
        assert (ranks[~stays] == axis.width).all()
        np.testing.assert_array_equal(
            named, np.where(units == FIXED, 10, units)[places]
        )


@pytest.mark.backend
def test_places_stay_in_order_or_earlier_groups_come_first():
    random = np.random.default_rng(1)
    on = _on(random)
    units = AXES["padded"]
    places, _, _ = _pick(PickedAxis(units, GROUPS, COUNTS), on)
    assert sorted(places) == list(places)
    _, _, named = _pick(PickedAxis(units, GROUPS, COUNTS, "group"), on)
    assert sorted(GROUPS[named]) == list(GROUPS[named])


def test_units_that_differ_in_how_often_they_stand_are_refused():
    with pytest.raises(ValueError, match="as often"):
        PickedAxis(np.array([0, 1, 2, 3, 4, 5, 0]), GROUPS, COUNTS)


def test_an_axis_that_loses_nothing_says_so():
    whole = (6, 4)
    assert PickedAxis(AXES["padded"], GROUPS, whole).same
    # It loses nothing, but its places move.
    assert not PickedAxis(AXES["padded"], GROUPS, whole, "group").same
    assert not PickedAxis(FIRST, GROUPS, COUNTS).same


@pytest.mark.backend
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_put_is_the_way_back_of_take(axis):
    random = np.random.default_rng(3)
    value = random.normal(size=(4, 4, 4)).astype("float32")
    places = np.array([3, 1], "int32")
    ranks = np.array([2, 1, 2, 0], "int32")
    taken = take_places(ops.convert_to_tensor(value), places, ranks, axis)
    np.testing.assert_array_equal(taken, np.take(value, places, axis))
    back = ops.convert_to_numpy(put_places(taken, ranks, axis))
    stays = np.isin(np.arange(4), places)
    np.testing.assert_array_equal(
        np.compress(stays, back, axis), np.compress(stays, value, axis)
    )
    assert not np.compress(~stays, back, axis).any()
