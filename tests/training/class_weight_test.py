"""Weights of samples, and scores that count classes alike."""

import numpy as np
import pytest
from sklearn import metrics
from sklearn.utils.class_weight import compute_sample_weight

from hypermask_tf.training import (
    Scores,
    balanced_weights,
    batch_rows,
    fit_task,
)
from tests.hypermask import builders

pytestmark = pytest.mark.backend


@pytest.mark.parametrize("seed", range(3))
def test_they_are_those_of_scikit_learn(seed):
    y = np.random.default_rng(seed).integers(0, 5, 40) ** 2 % 7
    np.testing.assert_allclose(
        balanced_weights(y), compute_sample_weight("balanced", y), rtol=1e-6
    )


@pytest.mark.parametrize("seed", range(3))
def test_scores_are_those_of_scikit_learn(seed):
    random = np.random.default_rng(seed)
    y, found = random.integers(0, 4, 50), random.integers(0, 4, 50)
    scores = Scores.of(y, found)
    assert scores.accuracy == pytest.approx(metrics.accuracy_score(y, found))
    expected = metrics.balanced_accuracy_score(y, found)
    assert scores.balanced_accuracy == pytest.approx(expected)
    expected = metrics.f1_score(y, found, average="macro")
    assert scores.macro_f1 == pytest.approx(expected)


@pytest.mark.parametrize("weighted", [False, True])
def test_samples_without_weight_teach_nothing(weighted):
    model = builders.learner(builders.mlp())
    x, y = builders.data()
    weights = np.zeros(len(y), "float32") if weighted else None
    before = [np.array(v) for v in model.target.get_weights()]
    rows = batch_rows(len(y), 4, 2, seed=1)
    fit_task(model, x, y, rows, task=0, epoch_steps=2, weights=weights)
    same = [
        np.array_equal(one, other)
        for one, other in zip(before, model.target.get_weights(), strict=True)
    ]
    assert all(same) == weighted
