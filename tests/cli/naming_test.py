import pytest

from hypermask_tf.cli.naming import method_name
from tests.cli.comparison_test import FLAGS


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({"granularity": "weight", "hypernetwork": "mask_bank"}, "weight masks, 90 %"),
        ({"head": "per_task", "reuse": "0.5"}, "a head per task, reuse 0.5"),
        ({"reuse": "1"}, "reuse 1"),
        ({"reuse": "0,1"}, "reuse 0,1"),
        ({"inherit": "nearest"}, "inherits nearest"),
        ({"baseline": "alone", "inherit": "nearest"}, "alone: a dense network each"),
    ],
)
def test_names_say_what_is_not_default(flags, expected):
    assert expected in method_name({**FLAGS, **flags})
    for flags in (
        {"reuse": "auto"},
        {"reuse": "0.0"},
        {"granularity": "weight", "reuse": "1.0"},
        {"granularity": "weight", "reuse": "auto"},
    ):
        assert "reuse" not in method_name({**FLAGS, **flags})
