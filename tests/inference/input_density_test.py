"""Gaussians of fixed features, against SciPy."""

import numpy as np
import pytest
from scipy import stats
from scipy.special import logsumexp

from hypermask_tf import inference
from hypermask_tf.inference import FixedFeatures, class_gaussian
from tests.hypermask import builders

RANDOM = np.random.default_rng(3)
FEATURES = RANDOM.normal(size=(200, 5)) @ RANDOM.normal(size=(5, 5)) + 2


def _log_density(features, rows, shrinkage):
    covariance = np.cov(rows, rowvar=False)
    mean_variance = np.trace(covariance) / len(covariance)
    covariance = (1 - shrinkage) * covariance + shrinkage * mean_variance * np.eye(
        len(covariance)
    )
    return stats.multivariate_normal(rows.mean(axis=0), covariance).logpdf(features)


@pytest.mark.parametrize("shrinkage", [0.01, 0.3])
def test_whitening_gives_the_log_density(shrinkage):
    packed = class_gaussian.fit(FEATURES, shrinkage)
    matrix, offset, constant = class_gaussian.whitening(packed)
    found = constant - 0.5 * ((FEATURES @ matrix.T - offset) ** 2).sum(axis=1)
    wanted = _log_density(FEATURES, FEATURES, shrinkage)
    np.testing.assert_allclose(found, wanted, atol=0.05)
    assert packed.dtype == "float16"


@pytest.mark.parametrize(
    "features",
    [FEATURES + 1e4, FEATURES * 1e6, FEATURES * 1e-8],
    ids=["far", "large", "small"],
)
def test_numbers_that_do_not_suit_half_precision_are_kept_in_single(features):
    packed = class_gaussian.fit(features, 0.01)
    assert packed.dtype == "float32"
    assert np.isfinite(class_gaussian.whitening(packed)[0]).all()


def test_a_single_sample_has_a_density():
    matrix, _, constant = class_gaussian.whitening(class_gaussian.fit(FEATURES[:1], 0))
    assert np.isfinite(matrix).all()
    assert np.isfinite(constant)


@pytest.mark.backend
def test_evidence_is_the_sum_over_classes(methods, networks, x):
    outputs = networks(x)
    wanted = []
    for task in range(3):
        rows, y = builders.data(task, 96)
        _, shared = networks.task_features(task, rows)
        wanted.append(
            logsumexp(
                [_log_density(outputs.shared, shared[y == c], 0.01) for c in range(3)],
                axis=0,
            )
        )
    found = np.asarray(methods["density"].evidence_of(outputs))
    # 64 projections of 8 numbers: densities are large, and so are sound differences.
    assert np.corrcoef(found.ravel(), np.transpose(wanted).ravel())[0, 1] > 0.999


@pytest.mark.backend
def test_clouds_that_lie_apart_are_told_apart(methods):
    for name in ("density", "density_alone"):
        for task in range(3):
            said = methods[name].predict(builders.data(task, 150)[0])
            assert np.mean(said.task == task) > 0.95


@pytest.mark.backend
def test_without_networks_the_class_is_right_too(methods):
    x, y = builders.data(1, 150)
    assert np.mean(methods["density_alone"].predict(x).label == y) > 0.9


@pytest.mark.backend
def test_fixed_features_are_the_same_every_time():
    x = np.ones((2, 9, 7, 3), "float32")
    one, other = (np.asarray(FixedFeatures(dims=5).model(x.shape[1:])(x)) for _ in "ab")
    np.testing.assert_array_equal(one, other)
    assert one.shape == (2, 5)
    changed = np.asarray(FixedFeatures(dims=5, seed=1).model(x.shape[1:])(x))
    assert np.abs(one - changed).max() > 1e-3


def test_refuses_arguments_out_of_range(networks):
    with pytest.raises(ValueError, match="shrinkage=2"):
        inference.get("density", networks, shrinkage=2)
    with pytest.raises(ValueError, match="dims=0"):
        FixedFeatures(dims=0)
