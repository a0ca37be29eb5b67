"""Methods fitted to a run that is over."""

import numpy as np
import pytest

from hypermask_tf import inference, scenarios
from hypermask_tf.inference import TaskNetworks
from tests.hypermask import builders

pytestmark = pytest.mark.backend


class _Run:
    """Checkpoints of a learner that begins one task after the other."""

    def __init__(self):
        self.asked = []
        self._model = builders.learner()

    def load_model(self, task):
        self.asked.append(task)
        self._model.begin_task(task)
        return self._model


def _scenario(seen):
    def load(task):
        def arrays(split):
            seen.append((task, split))
            return builders.data(task, 60)

        return arrays

    sizes = {"train": 60, "validation": 60, "test": 60}
    tasks = [scenarios.Task(t, (0, 1, 2), load(t), sizes=sizes) for t in range(3)]
    return scenarios.Scenario("clouds", tasks, input_shape=(8,))


def test_each_task_is_fitted_with_its_own_checkpoint_and_data_only():
    run, seen, steps = _Run(), [], []
    for step in inference.replay(run, _scenario(seen), ["density", "entropy"]):
        steps.append(step)
        assert seen == [(step.task, "train"), (step.task, "validation")]
        seen.clear()
        assert step.networks.num_tasks == step.task + 1
        assert sorted(step.methods["density"].statistics) == list(range(step.task + 1))
    assert run.asked == [0, 1, 2]
    assert steps[0].methods["density"] is steps[-1].methods["density"]


def test_it_is_what_fitting_in_training_would_have_given():
    *_, last = inference.replay(_Run(), _scenario([]), ["fecam"])
    model = builders.learner()
    method = None
    for task in range(3):
        model.begin_task(task)
        networks = TaskNetworks(model)
        method = method or inference.get("fecam", networks)
        method.networks = networks
        method.fit(task, *builders.data(task, 60), builders.data(task, 60))
    x = builders.data(2)[0]
    assert last.methods["fecam"].statistics.keys() == method.statistics.keys()
    assert np.shape(last.methods["fecam"].predict(x)) == np.shape(method.predict(x))
