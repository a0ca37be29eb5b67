"""Classes in an order of their own."""

import pytest

from hypermask_tf.scenarios import split_cifar100
from hypermask_tf.scenarios.class_split import divide_classes


def test_an_order_is_dealt_out_as_it_is():
    groups = divide_classes([3, 5, 7, 9], 2, class_order=[9, 3, 7, 5])
    assert groups == [(9, 3), (7, 5)]


@pytest.mark.parametrize(
    "arguments",
    [
        {"class_order": [3, 5, 7]},
        {"class_order": [3, 5, 7, 7]},
        {"class_order": [3, 5, 7, 9], "seed": 1},
    ],
)
def test_an_order_names_each_label_once_and_has_no_seed(arguments):
    with pytest.raises(ValueError, match="each of the 4 labels once"):
        divide_classes([3, 5, 7, 9], 2, **arguments)


@pytest.mark.parametrize(
    ("sizes", "tasks"),
    [(20, 5), ([50] + [10] * 5, 6), ([50] + [5] * 10, 11), ([40] + [3] * 20, 21)],
)
def test_cifar_in_the_order_of_fecam(require_dataset, sizes, tasks):
    """The authors' 6, 11 and 21 tasks share classes; here they must not."""
    require_dataset("cifar100")
    scenario = split_cifar100(sizes, order="fecam", normalization="cifar")
    assert scenario.num_tasks == tasks
    dealt = [label for task in scenario for label in task.classes]
    assert dealt[:10] == [68, 56, 78, 8, 23, 84, 90, 65, 74, 76]
    assert sorted(dealt) == list(range(100))
    rebuilt = split_cifar100(**scenario.get_config())
    assert [t.classes for t in rebuilt] == [t.classes for t in scenario]


def test_an_unknown_order_is_a_mistake():
    with pytest.raises(ValueError, match="order='icarl'"):
        split_cifar100(order="icarl")
