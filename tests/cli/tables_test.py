"""Numbers and tables in Markdown."""

import statistics

import numpy as np

from hypermask_tf.cli import tables


def test_spread_is_mean_and_sample_deviation():
    rng = np.random.default_rng(0)
    for count in (2, 3, 10):
        values = rng.normal(50, 10, count).tolist()
        mean, deviation = map(float, tables.spread(values, digits=9).split(" ± "))
        np.testing.assert_allclose(mean, np.mean(values))
        np.testing.assert_allclose(deviation, np.std(values, ddof=1))
    assert tables.spread([1.0], "+") == "+1.00"
    assert tables.spread([]) == tables.MISSING


def test_percent_is_missing_if_one_value_is():
    assert tables.percent([0.5, None]) == tables.MISSING
    values = [0.25, 0.5]
    assert tables.percent(values) == tables.spread([25.0, 50.0])
    assert statistics.mean(values) == 0.375


def test_a_table_has_as_many_columns_everywhere():
    text = tables.markdown([{"a": 1, "b": "x|y"}, {"a": 0.5, "b": None}])
    rows = [line.replace("\\|", "").count("|") for line in text.splitlines()]
    assert rows == [3, 3, 3, 3]
    assert text.splitlines()[3] == f"| 0.50 | {tables.MISSING} |"


def test_seconds_from_shortest_to_longest():
    assert tables.seconds([1.2]) == "1"
    assert tables.seconds([9.7, 3.2, 5.0]) == "3 to 10"
