import re

import keras
import pytest

from hypermask_tf import ChunkedHypernetwork, MaskBank, MLPHypernetwork
from hypermask_tf.hypernetworks import budget
from tests.learners import hyper_mask

# Weight and two moments of Adam, and a score of 4 bytes kept per task.
_SPLIT_MNIST = 12 * 12_359_767 + 4 * 5 * 475_202


def test_bytes_while_training():
    hypernetwork = MLPHypernetwork(128, (25, 25))
    assert budget.training_bytes(hypernetwork, 5, 475_202) == _SPLIT_MNIST
    assert budget.training_bytes(MaskBank(), 5, 100) == 12 * 100 + 4 * 5 * 100


def test_the_limit_itself_fits():
    hypernetwork = MLPHypernetwork(128, (25, 25), memory_limit=_SPLIT_MNIST)
    budget.check_budget(hypernetwork, 5, 475_202)
    hypernetwork.memory_limit -= 1
    with pytest.raises(ValueError, match=f"limit of {_SPLIT_MNIST - 1:,} bytes"):
        budget.check_budget(hypernetwork, 5, 475_202)


@pytest.mark.parametrize("limit", [100_000, 400_000_000])
@pytest.mark.parametrize(
    "hypernetwork",
    [
        MLPHypernetwork(8, (20, 10)),
        ChunkedHypernetwork(8, (50,), chunk_size=2_000_000),
        MaskBank(),
    ],
    ids=lambda h: type(h).__name__,
)
def test_the_error_names_the_bytes_and_a_chunk_size_that_fits(hypernetwork, limit):
    tasks, scores = 10, 9_000_000
    hypernetwork.memory_limit = limit
    needed = budget.training_bytes(hypernetwork, tasks, scores)
    with pytest.raises(ValueError, match=f"needs {needed:,} bytes") as error:
        budget.check_budget(hypernetwork, tasks, scores)
    message = str(error.value)
    assert f"memory_limit={limit}" in message and "UnitMasks()" in message
    advice = re.search(r"ChunkedHypernetwork\(.*chunk_size=\d+\)", message)
    if advice is None:
        # The kept scores alone, 4 bytes per task and score, are above the limit.
        assert limit == 100_000
        return
    advised = eval(advice.group(), {"ChunkedHypernetwork": ChunkedHypernetwork})
    assert budget.training_bytes(advised, tasks, scores) <= limit


def test_the_learner_checks_before_it_allocates():

    target = keras.Sequential([keras.Input((50,)), keras.layers.Dense(40)])
    with pytest.raises(ValueError, match="above the limit of 10,000 bytes"):
        hyper_mask(target, 2, granularity="weight", memory_limit=10_000)
