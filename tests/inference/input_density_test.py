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


@pytest.mark.backend
def test_fixed_features_are_the_same_for_good():
    """Files of statistics hold what was computed with them, by earlier versions too."""
    x = np.sin(np.arange(2 * 6 * 5 * 2)).reshape(2, 6, 5, 2).astype("float32")
    model = FixedFeatures(dims=3, filters=2, kernel_size=3, seed=4).model(x.shape[1:])
    image = [[0.0195843, 0.0185707, 0.1602869], [0.0053876, 0.0518751, 0.1162017]]
    np.testing.assert_allclose(np.asarray(model(x)), image, rtol=1e-4, atol=1e-5)
    model = FixedFeatures(dims=3).model((5,))
    x = np.sin(np.arange(10)).reshape(2, 5).astype("float32")
    line = [[0.9979786, 0.6091544, -0.4681867], [-0.4354388, -0.3632848, 0.3973221]]
    np.testing.assert_allclose(np.asarray(model(x)), line, rtol=1e-4, atol=1e-5)


@pytest.mark.backend
def test_filters_see_no_brightness():
    """Each has length 1 and mean 0 over all its weights."""
    model = FixedFeatures(filters=7, kernel_size=3).model((6, 6, 2))
    (kernel,) = [np.asarray(w) for w in model.weights if len(w.shape) == 4]
    np.testing.assert_allclose(kernel.sum(axis=(0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose((kernel**2).sum(axis=(0, 1, 2)), 1, rtol=1e-5)
    assert np.abs(kernel.sum(axis=(0, 1))).min() > 1e-3
    assert not model.trainable_variables


@pytest.mark.parametrize("shrinkage", [0.0, 1.0])
def test_shrinkage_at_its_ends(networks, shrinkage):
    method = inference.get("density", networks, shrinkage=shrinkage)
    method.fit(0, *builders.data(0, 96))
    packed = class_gaussian.fit(FEATURES, shrinkage)
    _, factor = class_gaussian._unpacked(packed)
    covariance = np.cov(FEATURES, rowvar=False)
    if shrinkage:
        covariance = np.trace(covariance) / 5 * np.eye(5)
    np.testing.assert_allclose(factor @ factor.T, covariance, rtol=5e-3, atol=5e-3)


def test_a_feature_that_never_varies_is_as_narrow_as_a_thousandth():
    """Of the mean deviation: it must not make a density infinite, nor be ignored."""
    features = FEATURES.copy()
    features[:, 2] = 1.0
    matrix, offset, constant = class_gaussian.whitening(class_gaussian.fit(features, 0))
    assert np.isfinite(constant)
    moved = features[0] + np.eye(5)[2] * np.sqrt(np.cov(features.T).trace() / 5)
    distances = [
        np.sqrt(((matrix @ x - offset) ** 2).sum()) for x in (features[0], moved)
    ]
    assert distances[1] == pytest.approx(1000, rel=0.05) and distances[0] < 5
