"""Which predictions are kept, and the numbers that say so."""

import dataclasses

import numpy as np
import pytest

from hypermask_tf import inference
from hypermask_tf.inference import Prediction

# Percentiles of a task whose confidences are even from 0.5 to 1, and of one whose
# confidences are even from 0 to 0.5; of the evidence likewise.
_GRID = np.linspace(0.0, 1.0, 101).astype("float32")
_KNOWN = {
    0: {"own_confidence": 0.5 + _GRID / 2, "own_evidence": 10 * _GRID},
    1: {"own_confidence": _GRID / 2, "own_evidence": 10 * _GRID - 20},
}


@pytest.fixture
def method(networks):
    method = inference.get("entropy", networks)
    method.statistics = _KNOWN
    return method


def _said(task, confidence, typicality):
    count = len(task)
    return Prediction(
        task=np.array(task),
        label=np.zeros(count, int),
        index=np.zeros(count, int),
        confidence=np.array(confidence),
        typicality=np.array(typicality),
        posterior=np.full((count, 3), 1 / 3),
    )


def test_either_criterion_drops_half_of_what_may_go(method):
    # Ranks of the confidences: 0.04, 0.06, 0.5, then the same of the other task.
    confidence = [0.52, 0.53, 0.75, 0.02, 0.03, 0.25]
    task = [0, 0, 0, 1, 1, 1]
    typical = method.accepts(_said(task, confidence, [0.5] * 6), 0.9)
    assert typical.tolist() == [False, True, True] * 2
    sure = _said(task, [0.75] * 3 + [0.25] * 3, [0.04, 0.06, 1.0] * 2)
    assert method.accepts(sure, 0.9).tolist() == [False, True, True] * 2
    assert method.accepts(sure, 0.92).all() and not method.accepts(sure, 0.5).all()


def test_at_full_coverage_everything_is_kept(method):
    lowest = _said([0, 1], [0.0, 0.0], [0.0, 0.0])
    assert method.accepts(lowest, 1.0).all()
    assert not method.accepts(lowest, 0.999).any()


def test_a_rank_at_the_threshold_is_kept(method):
    at = _said([0, 1], [0.75, 0.25], [0.25, 0.25])
    assert method.accepts(at, 0.5).all()
    for name, value in (("typicality", 0.2499), ("confidence", 0.0)):
        less = dataclasses.replace(at, **{name: np.full(2, value)})
        assert not method.accepts(less, 0.5).any()


@pytest.mark.parametrize("coverage", [0.5, 0.9, 1.0])
def test_thresholds_are_the_percentiles_of_half_of_the_rest(method, coverage):
    least = (1 - coverage) / 2
    method.needs_fit = False
    first, second = method.thresholds(coverage)
    assert first == pytest.approx(
        {"confidence": 0.5 + least / 2, "evidence": 10 * least}
    )
    assert second == pytest.approx(
        {"confidence": least / 2, "evidence": 10 * least - 20}
    )


def test_thresholds_say_what_accepts_says(methods, x):
    """Of a fitted method, on samples of its tasks and others."""
    method = methods["density"]
    inputs = np.concatenate([x, x * 1.5, x + 1])
    said = method.predict(inputs)
    own = inference.evidence.run(method.as_model(), inputs, 1000).own
    own = own[np.arange(len(inputs)), said.task]
    seen = set()
    for coverage in (0.3, 0.6, 0.8, 0.95):
        limits = method.thresholds(coverage)
        kept = np.array(
            [
                confidence >= limits[task]["confidence"]
                and evidence >= limits[task]["evidence"]
                for task, confidence, evidence in zip(
                    said.task, said.confidence, own, strict=True
                )
            ]
        )
        np.testing.assert_array_equal(method.accepts(said, coverage), kept)
        seen |= set(kept.tolist())
    assert seen == {True, False}


@pytest.mark.parametrize("coverage", [0.0, -0.1, 1.01, float("nan")])
def test_what_is_no_share(method, coverage):
    with pytest.raises(ValueError, match="a share above 0, up to 1"):
        method.accepts(_said([0], [1.0], [1.0]), coverage)
