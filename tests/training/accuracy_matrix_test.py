import json

import numpy as np
import pytest

from hypermask_tf.training.accuracy_matrix import AccuracyMatrix

ROWS = [[0.9, 0.5, 0.4], [0.8, 0.7, 0.45], [0.6, 0.75, 0.8]]
INITIAL = [0.5, 0.4, 0.3]


def filled(rows=ROWS, initial=INITIAL, num_tasks=3):
    matrix = AccuracyMatrix(num_tasks, initial)
    for after, row in enumerate(rows):
        for task, accuracy in enumerate(row):
            if accuracy is not None:
                matrix.record(after, task, accuracy)
    return matrix


def test_metrics_by_hand():
    matrix = filled()
    assert matrix.average_accuracy == pytest.approx((0.6 + 0.75 + 0.8) / 3)
    assert matrix.backward_transfer == pytest.approx((-0.3 + 0.05) / 2)
    assert matrix.forward_transfer == pytest.approx((0.1 + 0.15) / 2)
    assert matrix.forgetting == pytest.approx((0.3 - 0.05) / 2)


def test_metrics_after_some_of_the_tasks():
    matrix = filled(ROWS[:2])
    assert matrix.num_finished == 2
    assert matrix.average_accuracy == pytest.approx(0.75)
    assert matrix.backward_transfer == pytest.approx(-0.1)
    assert matrix.forward_transfer == pytest.approx(0.1)
    assert matrix.forgetting == pytest.approx(0.1)


def test_metrics_after_k_tasks_are_those_of_a_run_of_k_tasks():
    part = filled(ROWS[:2])
    whole = filled([row[:2] for row in ROWS[:2]], INITIAL[:2], num_tasks=2)
    for name in ("average_accuracy", "backward_transfer", "forward_transfer"):
        assert getattr(part, name) == getattr(whole, name)
    assert part.forgetting == whole.forgetting


def test_metrics_of_one_task():
    matrix = filled(ROWS[:1])
    assert matrix.average_accuracy == 0.9
    assert matrix.backward_transfer is None
    assert matrix.forward_transfer is None
    assert matrix.forgetting is None


def test_metrics_of_none():
    matrix = AccuracyMatrix(3)
    assert matrix.num_finished == 0
    values = matrix.to_dict()
    assert values.pop("accuracy_matrix") == [[None] * 3] * 3
    assert set(values.values()) == {None}


def test_a_half_measured_row_is_not_finished():
    matrix = filled(ROWS[:2])
    matrix.record(after=2, task=0, accuracy=0.1)
    assert matrix.num_finished == 2
    assert matrix.average_accuracy == pytest.approx(0.75)


def test_forward_transfer_needs_its_measurements():
    assert filled(initial=None).forward_transfer is None
    assert filled(initial=[None, 0.4, float("nan")]).forward_transfer is None
    assert filled(initial=[None, 0.4, 0.3]).forward_transfer == pytest.approx(0.125)
    lower = [[0.9], [0.8, 0.7], [0.6, 0.75, 0.8]]
    assert filled(lower).forward_transfer is None
    assert filled(lower).backward_transfer == filled().backward_transfer


def test_backward_transfer_needs_the_diagonal():
    matrix = filled([[], [], ROWS[2]])
    assert matrix.average_accuracy == filled().average_accuracy
    assert matrix.backward_transfer is None
    assert matrix.forgetting is None


def test_forgetting_counts_from_the_best_not_from_the_first():
    matrix = filled([[0.5], [0.9, 1.0], [0.6, 1.0, 1.0]])
    assert matrix.backward_transfer == pytest.approx((0.1 + 0.0) / 2)
    assert matrix.forgetting == pytest.approx((0.3 + 0.0) / 2)


def test_dictionary_has_the_keys_of_the_run_folder():
    values = filled(ROWS[:2], initial=None).to_dict()
    assert list(values) == [
        "accuracy_matrix",
        "average_accuracy",
        "backward_transfer",
        "forward_transfer",
        "forgetting",
    ]
    assert values["accuracy_matrix"] == [*ROWS[:2], [None] * 3]
    assert values["forward_transfer"] is None


@pytest.mark.parametrize("initial", [None, INITIAL, [None, 0.4, None]])
@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_dictionary_goes_through_json_and_back(count, initial):
    matrix = filled(ROWS[:count], initial)
    values = json.loads(json.dumps(matrix.to_dict(), allow_nan=False))
    again = AccuracyMatrix.from_dict({**values, "benchmark": "other keys are left"})
    assert again.to_dict() == matrix.to_dict()
    np.testing.assert_array_equal(again.matrix, matrix.matrix)
    np.testing.assert_array_equal(again.initial, matrix.initial)


def test_growing_keeps_what_was_recorded():
    matrix = filled()
    before = matrix.to_dict()
    matrix.grow(5)
    assert matrix.num_tasks == 5
    assert matrix.num_finished == 3
    after = matrix.to_dict()
    for name in ("average_accuracy", "forgetting", "forward_transfer"):
        assert after[name] == before[name]
    with pytest.raises(ValueError, match="num_tasks=2"):
        matrix.grow(2)


def test_arrays_are_copies():
    matrix = filled()
    matrix.matrix[:] = 0
    matrix.initial[:] = 0
    assert matrix.to_dict() == filled().to_dict()


@pytest.mark.parametrize("accuracy", [99.5, -0.1, float("nan")])
def test_accuracies_are_fractions(accuracy):
    with pytest.raises(ValueError, match="Received: accuracy="):
        AccuracyMatrix(2).record(0, 0, accuracy)


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="after=2"):
        AccuracyMatrix(2).record(2, 0, 0.5)
    with pytest.raises(ValueError, match="task=-1"):
        AccuracyMatrix(2).record(0, -1, 0.5)
    with pytest.raises(ValueError, match="num_tasks=0"):
        AccuracyMatrix(0)
    with pytest.raises(ValueError, match=r"initial=\[0\.5\]"):
        AccuracyMatrix(2, [0.5])
    with pytest.raises(ValueError, match=r"lengths \[2, 1\]"):
        AccuracyMatrix.from_dict({"accuracy_matrix": [[None, None], [None]]})


def test_growing_by_nothing_changes_nothing():
    matrix = filled()
    matrix.grow(3)
    assert matrix.to_dict() == filled().to_dict()


def test_an_accuracy_of_zero_or_one_is_one_like_another():
    matrix = filled([[0.0], [0.0, 1.0], [1.0, 0.0, 0.0]], initial=[0.0, 1.0, 0.0])
    assert matrix.average_accuracy == pytest.approx(1 / 3)
    assert matrix.backward_transfer == matrix.forgetting == 0.0
    matrix = filled([[0.0], [0.0, 0.0]], num_tasks=2, initial=None)
    assert matrix.forgetting == 0.0


def _by_definition(rows, initial):
    """The four numbers, written once more with loops."""
    k = len(rows)
    last = rows[-1]
    average = sum(last) / k
    if k == 1:
        return average, None, None, None
    backward = sum(last[j] - rows[j][j] for j in range(k - 1)) / (k - 1)
    forward = sum(rows[j - 1][j] - initial[j] for j in range(1, k)) / (k - 1)
    lost = [max(rows[i][j] for i in range(k - 1)) - last[j] for j in range(k - 1)]
    return average, backward, forward, sum(lost) / (k - 1)


@pytest.mark.parametrize("count", [1, 2, 3, 6])
@pytest.mark.parametrize("planned", [0, 1, 4])
def test_metrics_by_definition(count, planned):
    """With tasks still to come, whose accuracies were measured before."""
    random = np.random.default_rng(count)
    rows = random.random((count, count + planned)).tolist()
    initial = random.random(count + planned).tolist()
    matrix = filled(rows, initial, count + planned)
    assert matrix.num_finished == count
    wanted = _by_definition([row[:count] for row in rows], initial)
    found = (
        matrix.average_accuracy,
        matrix.backward_transfer,
        matrix.forward_transfer,
        matrix.forgetting,
    )
    assert found == pytest.approx(wanted)


@pytest.mark.parametrize("index", [-1, 3])
def test_tasks_out_of_range(index):
    matrix = AccuracyMatrix(3)
    for call in (
        lambda: matrix.record(index, 0, 0.5),
        lambda: matrix.record(0, index, 0.5),
        lambda: matrix.record_initial(index, 0.5),
    ):
        with pytest.raises(ValueError, match="a task from 0 to 2"):
            call()
    assert np.isnan(matrix.matrix).all() and np.isnan(matrix.initial).all()


def test_forgotten_tasks_count_nowhere():
    rng = np.random.default_rng(0)
    whole, rest = AccuracyMatrix(4), AccuracyMatrix(3)
    kept = [0, 2, 3]
    for after in range(4):
        for task in range(after + 1):
            value = float(rng.uniform())
            whole.record(after, task, value)
            if after in kept and task in kept:
                rest.record(kept.index(after), kept.index(task), value)
    whole.forget(1)
    for metric in ("average_accuracy", "backward_transfer", "forgetting"):
        assert getattr(whole, metric) == pytest.approx(getattr(rest, metric))
    again = AccuracyMatrix.from_dict(whole.to_dict())
    assert again.tasks == whole.tasks == kept
    np.testing.assert_array_equal(again.without_forgotten().matrix, rest.matrix)
