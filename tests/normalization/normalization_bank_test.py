"""What of a normalisation, and of a head, belongs to each task."""

import numpy as np
import pytest
from keras import layers

from tests.hypermask import builders

pytestmark = pytest.mark.backend


def _norm(model):
    (found,) = [x for x in model.layers if isinstance(x, layers.BatchNormalization)]
    return found


def _said(model, task):
    """Scale, offset, mean and variance of a task's network."""
    norm = _norm(model.bake(task))
    parts = (norm.gamma, norm.beta, norm.moving_mean, norm.moving_variance)
    return [float(np.asarray(part)[0]) for part in parts]


def _learned(**kwargs):
    """Three tasks, the last of which is being learned, with values told apart."""
    model = builders.learner(builders.normalised(), **kwargs)
    norm = _norm(model.target)
    for task in range(3):
        model.begin_task(task)
        for part, variable in enumerate(
            (norm.gamma, norm.beta, norm.moving_mean, norm.moving_variance)
        ):
            variable.assign(np.full(16, 10.0 * task + part + 1))
    return model


@pytest.mark.filterwarnings("ignore:Task")
@pytest.mark.parametrize(
    ("mode", "scales", "statistics"),
    [
        ("per_task", (0, 10, 20), (0, 10, 20)),
        ("shared", (20, 20, 20), (20, 20, 20)),
    ],
)
def test_what_is_kept_of_each_task(mode, scales, statistics):
    model = _learned(normalization=mode, lam=0.0)
    for task, (scale, seen) in enumerate(zip(scales, statistics, strict=True)):
        wanted = [scale + 1, scale + 2, seen + 3, seen + 4]
        assert _said(model, task) == pytest.approx(wanted)


def test_an_unknown_mode_is_refused():
    with pytest.raises(ValueError, match="normalization='own'"):
        builders.learner(builders.normalised(), normalization="own")


def test_a_head_of_ones_own_starts_as_the_first_did():
    model = builders.learner(builders.normalised(), head="per_task")
    head = model.target.layers[-1]
    first = head.get_weights()
    for task in range(3):
        model.begin_task(task)
        for one, other in zip(head.get_weights(), first, strict=True):
            np.testing.assert_array_equal(one, other)
        head.set_weights([weight + task + 1.0 for weight in first])
    for task in range(3):
        kernel, bias = model.bake(task).layers[-1].get_weights()
        np.testing.assert_allclose(bias, first[1] + task + 1)
        on = kernel != 0  # the mask of a task scales what it leaves on
        assert on.any()


def test_a_shared_head_goes_on():
    model = builders.learner(builders.normalised(), head="shared")
    head = model.target.layers[-1]
    model.begin_task(0)
    head.set_weights([weight + 1.0 for weight in head.get_weights()])
    before = head.get_weights()
    model.begin_task(1)
    for one, other in zip(head.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)
