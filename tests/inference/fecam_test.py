"""FeCAM against the paper's formulas, written once more in NumPy."""

import numpy as np
import pytest
from keras import ops

from hypermask_tf import inference
from hypermask_tf.inference import prototypes
from tests.hypermask import builders
from tests.inference.conftest import fitted

pytestmark = pytest.mark.backend


def _distances(train, features, tukey):
    """Of every input to every class of one task; a loop over entries and inputs."""
    rows, labels = train
    if tukey:
        rows, features = rows**tukey, features**tukey
    found = np.empty((len(features), 3))
    for label in range(3):
        own = rows[labels == label].astype("float64")
        centre = own.mean(axis=0)
        c = (own - centre).T @ (own - centre) / (len(own) - 1)
        dims = len(c)
        off = [c[i, j] for i in range(dims) for j in range(dims) if i != j]
        off = [value for value in off if value != 0]
        identity = np.eye(dims)
        c = c + np.mean(np.diag(c)) * identity + np.mean(off) * (1 - identity)
        scale = np.sqrt(np.diag(c))
        inverse = np.linalg.pinv(c / scale[:, None] / scale[None, :])
        for i, feature in enumerate(features.astype("float64")):
            delta = feature / np.linalg.norm(feature) - centre / np.linalg.norm(centre)
            found[i, label] = delta @ inverse @ delta
    return found


@pytest.mark.parametrize("tukey", [None, 0.5])
def test_distances(networks, x, tukey):
    method = fitted("fecam", networks, tukey=tukey)
    outputs = networks(x)
    found = ops.convert_to_numpy(method.distances(outputs))
    for task in range(3):
        data = builders.data(task, 96)
        features, _ = networks.task_features(task, data[0])
        wanted = _distances((features, data[1]), outputs.features[task], tukey)
        np.testing.assert_allclose(found[:, task], wanted, rtol=2e-3, atol=2e-4)


def test_class_mode_takes_the_nearest_class_of_all(methods, networks, x):
    prediction = methods["fecam"].predict(x)
    distances = ops.convert_to_numpy(methods["fecam"].distances(networks(x)))
    nearest = distances.reshape(len(x), -1).argmin(axis=1)
    np.testing.assert_array_equal(prediction.index, nearest)


def test_task_mode_leaves_the_class_to_the_task_network(methods, networks, x):
    prediction = methods["fecam_task"].predict(x)
    logits = networks(x).logits[np.arange(len(x)), prediction.task]
    np.testing.assert_array_equal(prediction.label, logits.argmax(axis=-1))
    np.testing.assert_array_equal(prediction.task, methods["fecam"].predict(x).task)


def test_features_are_matched_by_unit():
    features = np.arange(6, dtype="float32").reshape(2, 3)
    given, wanted = np.array([1, 4, 7]), np.array([0, 4, 7, 9])
    found = ops.convert_to_numpy(prototypes.matched(features, given, wanted))
    np.testing.assert_array_equal(found, [[0, 1, 2, 0], [0, 4, 5, 0]])


def test_positions_name_the_units_of_the_whole_network(learner, networks, x):
    for task in range(3):
        baked = learner.bake(task)
        whole = ops.convert_to_numpy(
            type(baked)(baked.input, baked.layers[-1].input)(x)
        )
        kept = networks.networks[task].positions
        np.testing.assert_allclose(
            networks(x).features[task], whole[:, kept], rtol=1e-4, atol=1e-5
        )


def test_tukey_refuses_negative_features(networks):
    method = inference.get("fecam", networks, tukey=0.5)
    method.networks.task_features = lambda *_: (np.full((4, 2), -1.0), None)
    try:
        with pytest.raises(ValueError, match="not negative"):
            method.fit(0, np.zeros((4, 8), "float32"), np.array([0, 1, 2, 0]))
    finally:
        del method.networks.task_features
    assert not method.statistics


@pytest.mark.parametrize(
    "arguments",
    [
        {"mode": "x"},
        {"tukey": 0.0},
        {"tukey": 1.1},
        {"shrinkage": (1.0,)},
        {"shrinkage": (1.0, 1.0, 1.0)},
        {"shrinkage": (-0.1, 1.0)},
        {"shrinkage": (1.0, -0.1)},
    ],
)
def test_refuses_arguments_out_of_range(networks, arguments):
    with pytest.raises(ValueError, match="Received"):
        inference.get("fecam", networks, **arguments)


@pytest.mark.parametrize("count", [2, 3])
def test_correlations_of_few_samples(count):
    rows = np.random.default_rng(count).normal(size=(count, 4))
    c = np.cov(rows, rowvar=False)
    off = c[~np.eye(4, dtype=bool)].mean()
    c = c + 0.5 * np.diag(c).mean() * np.eye(4) + 0.25 * off * (1 - np.eye(4))
    scale = np.sqrt(np.diag(c))
    wanted = (c / scale[:, None] / scale)[np.tril_indices(4, -1)]
    found = prototypes.correlation(rows, (0.5, 0.25))
    np.testing.assert_allclose(found, wanted, rtol=1e-5)
    inverse = prototypes.pseudo_inverse(found)
    whole = np.eye(4)
    whole[np.tril_indices(4, -1)] = wanted
    whole = np.tril(whole, -1) + np.tril(whole, -1).T + np.eye(4)
    np.testing.assert_allclose(inverse, np.linalg.pinv(whole), rtol=1e-4, atol=1e-5)


def test_a_single_sample_has_no_correlations():
    assert not prototypes.correlation(np.ones((1, 4)), (1.0, 1.0)).any()
