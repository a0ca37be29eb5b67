import keras
import numpy as np
import pytest
from keras import layers

from tests.hypermask import builders
from tests.learners import hyper_mask


@pytest.mark.parametrize("granularity", ["weight", "unit"])
def test_what_a_summary_says(granularity):
    model = builders.learner(granularity=granularity, sparsity=50)
    model.begin_task(0)
    model.begin_task(1)
    lines = []
    model.summary(print_fn=lines.append)
    (text,) = lines
    parameters = model.target.count_params()
    scores = parameters if granularity == "weight" else 16 + 12
    hyper = model.hypernetwork.num_parameters(builders.TASKS, scores)
    for part in (
        "2 of 3 tasks begun",
        f"{parameters:,} trainable parameters",
        f"{scores:,} scores in",
        f"50 % off: {model.masks!r}",
        f"MLPHypernetwork, {hyper:,} parameters",
        "WeightPenalty(strength=0.01)",
        # 8-8-6-3 of 8-16-12-3.
        f"all {parameters:,} parameters: masks are not over units"
        if granularity == "weight"
        else "computes 147 of",
    ):
        assert part in text
    rows = {line.split()[0]: line.split() for line in text.splitlines() if line}
    for task in (0, 1):
        for path, mask in model.mask(task).items():
            assert rows[path][-2 + task] == str(np.count_nonzero(mask))
    assert rows["logits/bias"][-2:] == ["all", "all"]
    total = sum(np.count_nonzero(v) for v in model.task_values(0)[0])
    # Zeros of the target itself, such as its first biases, count as parameters here.
    kept = sum(np.count_nonzero(m) for m in model.mask(0).values()) + 3
    assert rows["non-zero"][-2] == f"{kept:,}" and total <= kept


def test_layers_without_a_rule_are_named():
    inputs = keras.Input((5, 2))
    x = layers.LSTM(4, name="memory")(layers.Dense(6)(inputs))
    model = hyper_mask(keras.Model(inputs, layers.Dense(2)(x)), 2)
    lines = []
    model.summary(print_fn=lines.append)
    assert "layers without unit rule: ['memory']" in lines[0]
