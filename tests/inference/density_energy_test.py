"""The density of the input and the energy of the networks, together."""

import numpy as np
import pytest
from keras import ops

from hypermask_tf import inference
from hypermask_tf.inference import calibration
from tests.hypermask import builders
from tests.inference.conftest import fitted

pytestmark = pytest.mark.backend


def _evidence(method, outputs):
    return ops.convert_to_numpy(method.evidence_of(outputs))


def test_evidence_is_the_weighted_sum(methods, networks, x):
    outputs = networks(x)
    method = methods["density_energy"]
    parts = [_evidence(methods[name], outputs) for name in ("density", "energy")]
    own = -np.logaddexp(0, -parts[1].astype("float64"))
    wanted = parts[0] + method.share * own
    np.testing.assert_allclose(_evidence(method, outputs), wanted, rtol=1e-5)


def test_the_share_is_the_geometric_mean_over_all_tasks_but_the_first(networks):
    method = fitted("density_energy", networks)
    for task, share in enumerate((100.0, 2.0, 8.0)):
        method.statistics[task]["share"] = np.float32(share)
    assert method.share == pytest.approx(4.0)
    assert inference.get("density_energy", networks).share == 1.0


def test_weights_follow_what_tells_the_tasks_apart():
    random = np.random.default_rng(0)
    telling = random.normal((0, 0, 2), size=(500, 3))
    noise = random.normal(size=(500, 3)) * 5
    weights = calibration.fit_weights([telling, noise], 2)
    assert weights[0] == pytest.approx(2.0, rel=0.3)  # two clouds, two deviations off
    assert weights[1] < 0.1
    alone = calibration.fit_weight(telling, 2)
    assert weights[0] == pytest.approx(alone, rel=0.1)


def test_the_share_is_that_of_the_weights_on_validation_data(methods, networks):
    """Of this task and those before it; what is fitted later is not asked."""
    for task in (1, 2):
        outputs = networks(builders.data(task, 96)[0])
        parts = [_evidence(methods[name], outputs) for name in ("density", "energy")]
        parts[1] = -np.logaddexp(0, -parts[1].astype("float64"))
        upto = [part[:, : task + 1].astype("float64") for part in parts]
        weights = calibration.fit_weights(upto, task)
        found = methods["density_energy"].statistics[task]["share"]
        assert found == pytest.approx(weights[1] / weights[0], rel=0.05)
    assert methods["density_energy"].statistics[0]["share"] == 1.0
