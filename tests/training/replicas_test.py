"""Two replicas share one λ, one β and one loss: they take the step of one device."""

import keras
import numpy as np
import pytest

from tests import commands

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="about TensorFlow"
)
LAM = 0.05


@pytest.fixture(scope="module")
def steps(tmp_path_factory):
    """What one device did, and what two did."""
    folder = tmp_path_factory.mktemp("steps")
    found = []
    for name in ("none", "mirrored"):
        file = folder / f"{name}.npz"
        done = commands.forked(
            "tests/training/one_step.py", file, name, 0, LAM, timeout=200
        )
        assert done.returncode == 0, done.stderr
        with np.load(file) as archive:
            found.append(dict(archive))
    return found


def test_two_replicas_take_the_steps_of_one_device(steps):
    one, two = steps
    assert (one.pop("replicas"), two.pop("replicas")) == (1, 2)
    assert one.keys() == two.keys()
    for name, value in one.items():
        np.testing.assert_allclose(two[name], value, rtol=1e-4, atol=1e-5, err_msg=name)


def test_data_end_where_they_end(steps):
    # As many as Keras takes, where nobody knows how many there are.
    one, two = (int(seen[f"{LAM} steps"]) for seen in steps)
    assert one == two > 0


def test_lambda_takes_its_part_of_each_step_once(steps):
    """A used weight at rest moves by what λ leaves of its gradient."""
    for seen in steps:
        rested = moved = 0
        for i in range(4):
            used = seen[f"{LAM} used {i}"]
            # Without λ the first step of plain descent is the gradient.
            gradient = -seen[f"0 0 moved {i}"]
            step = -seen[f"{LAM} 0 moved {i}"]
            left = np.sign(gradient) * np.maximum(np.abs(gradient) - LAM, 0)
            expected = np.where(used, left, gradient)
            np.testing.assert_allclose(step, expected, rtol=1e-3, atol=1e-5)
            rested += (used & (gradient != 0) & (left == 0)).sum()
            moved += (used & (np.abs(gradient) > 2 * LAM)).sum()
            # Half of λ would let these go.
            assert i or (used & (np.abs(gradient) < LAM) & (step == 0)).any()
        assert rested and moved
