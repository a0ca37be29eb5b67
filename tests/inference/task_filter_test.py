"""The filter for streams, against a sum over all paths."""

import itertools

import numpy as np
import pytest
from scipy.special import softmax

from hypermask_tf.inference import TaskFilter, evidence

pytestmark = pytest.mark.backend


def _last_belief(total, stay):
    """Sums the joint probability of every path of tasks; three tasks."""
    likelihood, belief = softmax(total, axis=1), np.zeros(3)
    for path in itertools.product(range(3), repeat=len(total)):
        p = 1.0
        for i, task in enumerate(path):
            if i:
                p *= stay if task == path[i - 1] else (1 - stay) / 2
            p *= likelihood[i, task]
        belief[path[-1]] += p
    return belief / belief.sum()


def test_it_is_the_sum_over_all_paths(methods, x):
    method, few = methods["entropy"], x[:5]
    total = evidence.run(method.as_model(), few, 1000).total
    found = TaskFilter(method, 0.8).predict(few).posterior
    for length in range(1, 6):
        wanted = _last_belief(total[:length], 0.8)
        np.testing.assert_allclose(found[length - 1], wanted, atol=1e-9)


def test_calls_go_on_where_the_last_ended(methods, x):
    stream = TaskFilter(methods["fecam"], 0.9)
    whole = stream.predict(x)
    stream.reset()
    parts = [stream.predict(part).posterior for part in np.array_split(x, 4)]
    np.testing.assert_allclose(np.concatenate(parts), whole.posterior, atol=1e-5)


def test_tasks_that_change_at_random_leave_nothing_to_filter(methods, x):
    free = TaskFilter(methods["density"], 1 / 3).predict(x)
    wanted = methods["density"].predict(x)
    np.testing.assert_allclose(free.posterior, wanted.posterior, atol=1e-9)


def test_refuses_what_is_no_probability(methods):
    with pytest.raises(ValueError, match=r"stay=1\.5"):
        TaskFilter(methods["entropy"], 1.5)
