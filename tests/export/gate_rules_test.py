"""Which metric decides, and what it says."""

import pickle

import keras
import numpy as np
import pytest

from hypermask_tf.export import gate_rules, judges
from hypermask_tf.export.judge import Judge
from hypermask_tf.export.outputs_verification import compare_outputs

losses, metrics = keras.losses, keras.metrics
RANDOM = np.random.default_rng(0)
LOGITS = RANDOM.normal(size=(40, 3)).astype("float32")
CLASSES = RANDOM.integers(0, 3, 40)
YES = (RANDOM.random((40, 3)) > 0.5).astype("float32")


def own_loss(y, outputs):
    return keras.ops.mean(keras.ops.abs(y - outputs) ** 3, axis=-1)


@pytest.mark.parametrize(
    ("loss", "y", "outputs", "metric"),
    [
        (losses.SparseCategoricalCrossentropy(True), CLASSES, LOGITS, "accuracy"),
        ("sparse_categorical_crossentropy", CLASSES[:, None], LOGITS, "accuracy"),
        ("crossentropy", CLASSES, LOGITS, "accuracy"),
        ("categorical_crossentropy", np.eye(3)[CLASSES], LOGITS, "accuracy"),
        (losses.CategoricalFocalCrossentropy(), np.eye(3)[CLASSES], LOGITS, "accuracy"),
        ("kl_divergence", np.eye(3)[CLASSES], LOGITS, "accuracy"),
        ("binary_crossentropy", YES, LOGITS, "binary_accuracy"),
        (losses.BinaryCrossentropy(True), YES[:, 0], LOGITS[:, :1], "binary_accuracy"),
        ("ce", YES[:, 0], LOGITS[:, :1], "binary_accuracy"),
        ("dice", YES, LOGITS, "binary_accuracy"),
        ("hinge", 2 * YES - 1, LOGITS, "binary_accuracy"),
        ("mse", LOGITS[:, 0], LOGITS[:, :1], "r2_score"),
        (losses.Huber(), LOGITS, LOGITS, "r2_score"),
        (losses.LogCosh(), LOGITS, LOGITS, "r2_score"),
        (own_loss, YES, LOGITS, "own_loss"),
        (losses.CosineSimilarity(), YES, LOGITS, "cosine_similarity"),
    ],
)
def test_the_metric_follows_the_loss(loss, y, outputs, metric):
    judge, targets = gate_rules.by_loss(loss, y, outputs, None)
    assert judge.metric == metric
    assert judge.higher_is_better == (metric not in ("own_loss", "cosine_similarity"))
    assert np.isfinite(judge.value(targets, outputs))


def test_what_the_metrics_say():
    judge, y = gate_rules.by_loss("crossentropy", CLASSES, LOGITS, None)
    assert judge.value(y, LOGITS) == np.mean(LOGITS.argmax(-1) == CLASSES)
    logits, labels = losses.BinaryCrossentropy(True), YES[:, 0]
    judge, y = gate_rules.by_loss(logits, labels, LOGITS[:, :1], None)
    assert judge.value(y, LOGITS[:, :1]) == np.mean((LOGITS[:, 0] > 0) == labels)
    judge, y = gate_rules.by_loss("binary_crossentropy", YES, LOGITS, None)
    assert judge.value(y, LOGITS) == np.mean((LOGITS > 0.5) == YES)
    judge, y = gate_rules.by_loss("mse", YES, LOGITS, None)
    expected = 1 - np.sum((YES - LOGITS) ** 2) / np.sum((YES - YES.mean(0)) ** 2)
    assert judge.value(y, LOGITS) == pytest.approx(expected, rel=1e-5)
    judge, y = gate_rules.by_loss(own_loss, YES, LOGITS, None)
    expected = np.mean(np.abs(YES - LOGITS) ** 3)
    assert judge.value(y, LOGITS) == pytest.approx(expected, rel=1e-5)


def test_places_that_do_not_count_are_left_out():
    ignoring = losses.SparseCategoricalCrossentropy(True, ignore_class=-1)
    y = np.where(np.arange(40) < 10, -1, LOGITS.argmax(-1))
    judge, y = gate_rules.by_loss(ignoring, y, LOGITS, None)
    assert judge.value(y, LOGITS) == 1.0
    judge = judges.accuracy(classes=2)
    assert set(judge.choose(LOGITS)) == {0, 1}


@pytest.mark.parametrize(
    ("metric", "better"),
    [("mae", False), ("AUC", True), (metrics.R2Score(), True), ("mse", False)],
)
def test_a_metric_of_keras_knows_whether_more_is_better(metric, better):
    outputs = 1 / (1 + np.exp(-LOGITS))
    judge, y = gate_rules.by_metric(metric, None, "mse", YES, outputs, None)
    assert judge.higher_is_better == better
    reference = metrics.get(metric)
    reference.update_state(YES, outputs)
    expected = float(reference.result())
    assert judge.value(y, outputs) == pytest.approx(expected, abs=1e-5)
    assert judge.value(y, outputs) == pytest.approx(expected, abs=1e-5)  # no memory


def test_a_metric_keeps_the_state_of_its_owner():
    mine = metrics.MeanAbsoluteError()
    mine.update_state([1.0], [3.0])
    judge, y = gate_rules.by_metric(mine, None, None, YES, LOGITS, None)
    judge.value(y, LOGITS)
    assert float(mine.result()) == 2.0


def test_accuracy_by_name_is_that_of_the_loss():
    logits = losses.BinaryCrossentropy(True)
    judge, y = gate_rules.by_metric("accuracy", None, logits, YES, LOGITS, None)
    assert judge.value(y, LOGITS) == np.mean((LOGITS > 0) == YES)
    judge, _ = gate_rules.by_metric("acc", None, None, CLASSES, LOGITS, None)
    assert judge.metric == "accuracy"


def test_a_function_needs_to_be_said_whether_more_is_better():
    with pytest.raises(ValueError, match="higher_is_better"):
        gate_rules.by_metric(own_loss, None, None, YES, LOGITS, None)
    judge, y = gate_rules.by_metric(own_loss, False, None, YES, LOGITS, None)
    assert judge.metric == "own_loss" and not judge.higher_is_better
    several = metrics.F1Score()  # one number a class
    judge, y = gate_rules.by_metric(several, None, None, YES, LOGITS, None)
    with pytest.raises(ValueError, match="one number"):
        judge.value(y, LOGITS)


@pytest.mark.parametrize(
    ("loss", "y", "message"),
    [
        ("crossentropy", CLASSES[:, None, None], "one for each place"),
        ("crossentropy", CLASSES + 1, "from 1 to 3"),
        ("binary_crossentropy", YES[:, :2], "as the outputs have"),
        ("mse", YES[:, :2], "as the outputs have"),
    ],
)
def test_targets_that_do_not_fit_are_refused(loss, y, message):
    with pytest.raises(ValueError, match=message):
        gate_rules.by_loss(loss, y, LOGITS, None)


def test_how_much_worse_a_file_may_be():
    more = Judge("m", lambda y, o: 0.0)
    assert more.failures(0.9, 0.896) == [] and more.failures(0.9, 0.99) == []
    assert "m 0.894 is more than 0.005 below Keras' 0.9" in more.failures(0.9, 0.894)[0]
    less = Judge("m", lambda y, o: 0.0, higher_is_better=False)
    assert less.failures(2.0, 2.03) == [] and less.failures(2.0, 1.0) == []
    assert "above Keras' 2" in less.failures(2.0, 2.05)[0]
    assert Judge("m", more.value, False, max_drop=0.1).failures(2.0, 2.05) == []
    assert more.failures(0.9, float("nan")) and less.failures(float("nan"), 1.0)


def test_every_output_must_hold_and_its_name_is_told():
    said = {"a": LOGITS, "b": LOGITS}
    worse = {"a": LOGITS, "b": LOGITS + 0.5}
    targets = {"a": CLASSES, "b": LOGITS}
    judged = {"a": judges.accuracy(), "b": judges.r2_score()}
    assert compare_outputs(said, said, targets, judged, "float32", True).passed
    found = compare_outputs(said, worse, targets, judged, "int4", True)
    (failure,) = found.failures
    assert failure.startswith("b: r2_score")
    assert compare_outputs(said, worse, targets, judged, "int4", False).passed
    found = compare_outputs(said, worse, targets, judged, "float32", False)
    assert "b: logits differ" in found.failures[0]
    bad = {"a": LOGITS * np.nan, "b": LOGITS}
    found = compare_outputs(said, bad, targets, {}, "int4", False)
    assert found.failures == ("a: 40 of 40 file outputs are not finite",)
    assert found.outputs[0].metric == "" and found.outputs[0].keras is None


def test_an_error_may_rise_by_a_share():
    judge = judges.mean_absolute_error(0.1)
    y, outputs = np.array([[1.0], [3.0]]), np.array([[2.0], [5.0]], "float32")
    assert judge.value(y, outputs) == 1.5
    assert not judge.failures(10.0, 11.0)
    assert judge.failures(10.0, 11.1) == ["mae 11.1 is more than 1 above Keras' 10"]
    # Tasks are worked on side by side, so it goes to other processes.
    assert pickle.loads(pickle.dumps(judge)).value(y, outputs) == 1.5
