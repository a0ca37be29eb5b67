"""What a method makes of further tasks, further data, and networks that changed."""

import numpy as np
import pytest
from scipy.special import softmax

from hypermask_tf import inference
from hypermask_tf.inference import TaskFilter, TaskNetworks
from tests.hypermask import builders
from tests.inference.conftest import fitted

pytestmark = pytest.mark.backend
_SOME = ["entropy", "fecam", "density", "density_energy"]


@pytest.fixture(scope="module")
def growing(learner):
    """The networks after one task, after two, after three."""
    return [TaskNetworks(learner, count) for count in (1, 2, 3)]


@pytest.mark.parametrize("name", [*_SOME, "max_softmax"])
def test_only_the_tasks_so_far_count_when_one_is_fitted(growing, networks, name):
    """Later networks may be there already, in a replay for instance."""
    method = inference.get(name, growing[0])
    for task in range(3):
        method.networks = growing[task]
        method.fit(task, *builders.data(task, 96))
    early = fitted(name, networks)
    for task in range(3):
        known, other = method.statistics[task], early.statistics[task]
        assert known.keys() == other.keys()
        for key, value in known.items():
            np.testing.assert_allclose(
                other[key], value, rtol=1e-3, atol=1e-4, err_msg=f"{key} of {task}"
            )


@pytest.mark.parametrize("name", _SOME)
def test_statistics_of_more_tasks_than_networks(methods, growing, x, name):
    """An earlier checkpoint is asked for its own tasks only."""
    before = methods[name].networks
    try:
        methods[name].networks = growing[1]
        said = methods[name].predict(x)
    finally:
        methods[name].networks = before
    assert said.posterior.shape == (len(x), 2) and set(said.task) <= {0, 1}
    assert methods[name].predict(x).posterior.shape == (len(x), 3)


def test_networks_that_are_assigned_are_those_that_are_asked(growing, x):
    method = inference.get("entropy", growing[0])
    assert set(method.predict(x).task) == {0}
    method.networks = growing[2]
    said = method.predict(x)
    wanted = inference.get("entropy", growing[2]).predict(x)
    np.testing.assert_array_equal(said.posterior, wanted.posterior)


@pytest.mark.parametrize("name", ["fecam", "density"])
def test_a_task_that_is_fitted_again_forgets_the_first_time(networks, x, name):
    method = fitted(name, networks)
    before = method.predict(x)
    again = builders.data(1, 60)[0][:60] + 1, builders.data(1, 60)[1]
    method.fit(1, *again)
    fresh = inference.get(name, networks)
    for task in range(3):
        fresh.fit(task, *(again if task == 1 else builders.data(task, 96)))
    # Weights of later tasks are those of the first time, so evidence is compared.
    outputs = networks(x)
    found, wanted = (np.asarray(m.evidence_of(outputs))[:, 1] for m in (method, fresh))
    np.testing.assert_allclose(found, wanted, rtol=1e-5)
    assert not np.allclose(method.predict(x).posterior, before.posterior)


def test_a_fit_that_fails_changes_nothing(networks, x):
    method = fitted("density", networks)
    before = method.predict(x).posterior
    data = builders.data(1, 60)
    with pytest.raises(ValueError, match="none of"):
        method.fit(1, data[0], np.zeros(60, int))
    with pytest.raises(ValueError, match="99"):
        method.fit(1, *data, validation_data=(np.zeros((5, 99)), np.zeros(5, int)))
    np.testing.assert_array_equal(method.predict(x).posterior, before)


@pytest.mark.parametrize("y", [[0, 1, 3], [-1, 0, 1], [0, 1]])
def test_labels_that_a_task_does_not_have(networks, y):
    method = inference.get("entropy", networks)
    with pytest.raises(ValueError, match="Received: "):
        method.fit(0, builders.data(0)[0][:3], np.array(y))
    method.fit(0, builders.data(0)[0][:3], np.array([0, 1, 2]))
    with pytest.raises(ValueError, match="in order"):
        method.fit(2, *builders.data(2))


def test_a_stream_goes_on_after_a_further_task(growing, x):
    """The new task is as unlikely as a change to any one task."""
    stay, method = 0.9, inference.get("entropy", growing[1])
    stream = TaskFilter(method, stay)
    belief = stream.predict(x[:4]).posterior[-1]
    method.networks = growing[2]
    found = stream.predict(x[4:5]).posterior[0]
    total = inference.evidence.run(method.as_model(), x[4:5], 10).total[0]
    belief = np.append(belief, 0.0)
    prior = np.array(
        [
            stay * p + sum((1 - stay) / 2 * q for q in np.delete(belief, i))
            for i, p in enumerate(belief)
        ]
    )
    np.testing.assert_allclose(found, softmax(np.log(prior) + total), atol=1e-9)


def test_features_are_those_of_the_samples_at_hand(networks):
    one, other = builders.data(0)[0], builders.data(1)[0]
    found = [networks.task_features(0, x)[0] for x in (one, other, one)]
    assert not np.allclose(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])
    outputs = [networks.all_outputs(x)[0].logits for x in (one, other, one)]
    assert not np.allclose(outputs[0], outputs[1])
    np.testing.assert_array_equal(outputs[0], outputs[2])
    np.testing.assert_allclose(outputs[1], networks(other).logits, atol=1e-5)


@pytest.mark.parametrize("size", [1, 5, 1001])
def test_outputs_have_a_row_for_every_sample(networks, size):
    x = np.resize(builders.data(0, 96)[0], (size, builders.FEATURES))
    parts = list(networks.batches(x))
    for kind in ("logits", "shared"):
        assert sum(len(getattr(part, kind)) for part in parts) == size
    for task in range(3):
        assert sum(len(part.features[task]) for part in parts) == size


@pytest.mark.parametrize("count", [0, 4, -1])
def test_numbers_of_tasks_that_were_not_learned(learner, count):
    with pytest.raises(ValueError, match="between one and all"):
        TaskNetworks(learner, count)
