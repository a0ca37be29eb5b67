"""Sizes of the paper's networks, as its recipes build them."""

import itertools

import numpy as np
import pytest

import hypermask_tf as hm
from tests.learners import hyper_mask

SIZES = {
    "split_mnist": (
        ("mlp", (28, 28, 1), {"hidden": (400, 400), "classes": 2}),
        475_202,
    ),
    "permuted_mnist": (("mlp", (32, 32, 1), {"hidden": (1000, 1000)}), 2_036_010),
    "resnet": (("resnet", (32, 32, 3), {"blocks": 3, "widening": 2}), 1_070_250),
    "zenkenet": (("zenkenet", (32, 32, 3), {}), 1_250_858),
}
HYPERNETWORKS = {
    "split_mnist": (128, (25, 25), 5, 12_359_767),
    "permuted_mnist": (24, (100, 100), 10, 205_649_850),
    "resnet": (48, (100,), 10, 107_825_910),
    "zenkenet": (48, (100,), 10, 126_342_038),
}
TENSORS = {"split_mnist": 6, "permuted_mnist": 6, "resnet": 78, "zenkenet": 12}


@pytest.mark.parametrize("name", SIZES)
def test_targets_and_what_their_hypernetworks_emit(name):
    (target, shape, options), size = SIZES[name]
    model = hm.targets.get(target)(shape, **options)
    variables = model.trainable_variables
    assert sum(int(np.prod(v.shape)) for v in variables) == size
    assert len(variables) == TENSORS[name]
    # One score for every number but those of batch norm, the last bias included.
    scores = sum(
        int(np.prod(v.shape)) for v in variables if v.name not in ("gamma", "beta")
    )
    embedding, hidden, tasks, expected = HYPERNETWORKS[name]
    widths = [embedding, *hidden, scores]
    layers = sum(a * b + b for a, b in itertools.pairwise(widths))
    assert tasks * embedding + layers == expected
    # And the learner asks for as many.
    learner = hyper_mask(
        model, tasks, hypernetwork=hm.MLPHypernetwork(1, ()), granularity="weight"
    )
    assert learner.hypernetwork.count_params() == tasks + 2 * scores
