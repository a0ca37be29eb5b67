import pytest
from keras import ops

from hypermask_tf.masks import AnyUnits, FreeUnitsFirst
from hypermask_tf.masks.group_counts import GroupCounts


@pytest.mark.parametrize("sparsity", [0, 33, (50, 97)])
def test_final_counts_are_those_of_a_step(sparsity):
    counts = GroupCounts((30, 7), sparsity)
    assert counts.final() == ops.convert_to_numpy(counts.on()).tolist()


def test_of_its_own_a_task_asks_for_what_it_may_not_reuse():
    assert GroupCounts((30, 10), 50, FreeUnitsFirst()).free() == [15, 5]
    assert GroupCounts((30, 10), 50, FreeUnitsFirst(0.4)).free() == [9, 3]
    assert GroupCounts((30, 10), 50, FreeUnitsFirst([0, 0.4])).free() == [15, 3]
    assert GroupCounts((30, 10), 50, AnyUnits()).free() == [0, 0]
    with pytest.raises(ValueError, match="2 groups"):
        GroupCounts((30, 10), 50, FreeUnitsFirst([0, 1, 1]))


@pytest.mark.parametrize(
    ("sparsity", "message"), [(100, "percentage"), ((50, 50, 50), "2 groups")]
)
def test_mistakes(sparsity, message):
    with pytest.raises(ValueError, match=message):
        GroupCounts((10, 10), sparsity)


@pytest.mark.parametrize("reuse", [-0.1, 1, 2, float("nan"), [1, 1], [0, 2]])
def test_what_is_no_share_to_reuse(reuse):
    with pytest.raises(ValueError, match="`reuse` is a share"):
        FreeUnitsFirst(reuse)
