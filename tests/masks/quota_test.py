import pytest
from keras import ops

from hypermask_tf.masks.quota import Quota


@pytest.mark.parametrize("sparsity", [0, 33, (50, 97)])
def test_fixed_counts_are_those_of_a_step(sparsity):
    quota = Quota((30, 7), sparsity)
    assert quota.fixed_counts() == ops.convert_to_numpy(quota.counts()).tolist()


@pytest.mark.parametrize(
    "rules", [{"threshold": "network"}, {"borrow": 2.0}, {"read": 0.5}]
)
def test_there_is_no_fixed_count_where_tasks_differ(rules):
    assert Quota((30, 7), 50, **rules).fixed_counts() is None


def test_of_its_own_a_task_asks_for_what_it_may_not_reuse():
    assert Quota((30, 10), 50, reuse=(0, 0.4)).own_counts() == [15, 3]
    shared = Quota((30, 10), 50, threshold="network", floor=20, reuse=0.5)
    assert shared.own_counts() == [3, 1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sparsity": 100}, "percentage"),
        ({"sparsity": (50, 50, 50)}, "2 groups"),
        ({"sparsity": 50, "threshold": "global"}, "`threshold` must be one of"),
        ({"sparsity": 50, "floor": -1}, "`floor` is a percentage"),
        ({"sparsity": 50, "reuse": 2}, "`reuse` is a share"),
    ],
)
def test_mistakes(arguments, message):
    with pytest.raises(ValueError, match=message):
        Quota((10, 10), **arguments)
