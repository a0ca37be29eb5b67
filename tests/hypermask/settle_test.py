"""After some steps of a task its units are settled."""

import keras
import numpy as np
import pytest
from keras import ops

from tests.hypermask import builders

pytestmark = pytest.mark.backend
# Two steps a pass over the data.
OPTIONS = {"granularity": "unit", "sparsity": 75}


def _disturb(model, seed):
    """Gives every unit another score, as far as the hypernetwork goes."""
    size = model._layout.num_scores
    shift = np.random.default_rng(seed).normal(size=size) * 10
    model.hypernetwork.shift_scores(shift.astype("float32"))


@pytest.mark.parametrize(
    "options", [{}, {"protection": "hard", "reuse": 0.0}, {"reuse": 0.0, "read": 1.0}]
)
def test_units_stay_from_that_step_on(options):
    model = builders.learner(**{**OPTIONS, **options}, settle_steps=3)
    for task in range(2):
        builders.learn(model, task)
        before = model.units_on(task)
        _disturb(model, task)
        chosen = model.units_on(task)
        assert (chosen != before).any()  # two steps only: scores still choose
        builders.learn(model, None)
        _disturb(model, 7 + task)
        settled = model.units_on(task)
        np.testing.assert_array_equal(settled, chosen)
        scores = ops.convert_to_numpy(model._task_masks.all_scores())[task]
        values = ops.convert_to_numpy(model._mask_of(task).values)
        # What they are multiplied by goes on following the scores.
        scales = np.repeat(model._layout.scales, model._layout.group_sizes)
        expected = np.where(settled, np.abs(np.tanh(scores)) * scales, 0)
        np.testing.assert_allclose(values, expected, rtol=1e-5)


def test_a_settled_task_goes_on_where_it_stopped(tmp_path):
    model = builders.learner(**OPTIONS, settle_steps=2)
    builders.learn(model, 0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for one in (model, loaded):
        _disturb(one, 1)
        builders.learn(one, None)
    builders.assert_same(builders.values(model), builders.values(loaded))
    np.testing.assert_array_equal(model.units_on(0), loaded.units_on(0))


def test_weights_do_not_settle():
    with pytest.raises(ValueError, match="`settle_steps` needs `granularity"):
        builders.learner(granularity="weight", settle_steps=5)
    with pytest.raises(ValueError, match="`settle_steps` must be at least 0"):
        builders.learner(granularity="unit", settle_steps=-1)
