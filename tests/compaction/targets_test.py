"""Baked targets: compact, equal, and as small as their masks say."""

import inspect

import keras
import numpy as np
import pytest

import hypermask_tf as hm
from hypermask_tf.compaction import compact, compaction_report
from hypermask_tf.targets import registry
from tests.compaction import dead
from tests.learners import hyper_mask

_SMALL = {
    "mlp": {"input_shape": (8, 8, 1), "hidden": (40, 30)},
    "conv1d": {"input_shape": (16, 3), "filters": (8, 12, 12)},
    "convnet": {"input_shape": (8, 8, 3), "filters": (8, 10), "hidden": 16},
    "resnet": {"input_shape": (8, 8, 3), "blocks": 1, "filters": (8, 8, 12, 16)},
    "zenkenet": {"input_shape": (16, 16, 3)},
}
_ANY = {"input_shape": (16, 16, 3)}


def _target(name: str) -> keras.Model:
    build = registry.get(name)
    options = {**_SMALL.get(name, _ANY), "classes": 4}
    known = inspect.signature(build).parameters
    target = build(**{key: v for key, v in options.items() if key in known})
    dead.shake(target)
    return target


def _baked(target, granularity, sparsity):
    model = hyper_mask(
        target, 2, hm.MaskBank(), granularity=granularity, sparsity=sparsity
    )
    return model.bake(task=0)


@pytest.mark.filterwarnings("ignore:Task 0 has not been learned")
@pytest.mark.parametrize("sparsity", dead.SPARSITIES)
@pytest.mark.parametrize("name", registry.names())
def test_a_baked_target_is_as_small_as_its_masks_say(name, sparsity):
    target = _target(name)
    baked = _baked(target, "unit", sparsity)
    smaller = compact(baked)
    dead.assert_same_function(baked, smaller)
    left = sum(np.count_nonzero(v) for v in map(np.asarray, baked.trainable_variables))
    present = sum(int(np.prod(v.shape)) for v in smaller.trainable_variables)
    if sparsity < 99:
        assert present == left
    else:  # a layer whose units are all off keeps one, and what died with it goes
        assert present <= 0.05 * sum(v.size for v in map(np.asarray, baked.weights))
    if sparsity in (60, 99):
        baked = _baked(target, "weight", sparsity)
        dead.assert_same_function(baked, compact(baked))


def test_the_count_of_the_contract():
    model = hm.targets.mlp((28, 28, 1), (400, 400), classes=2)
    for name in ("dense_0", "dense_1"):
        layer = model.get_layer(name)
        on = np.random.default_rng(1).permutation(400) < 40
        layer.set_weights([w * on for w in layer.get_weights()])
    smaller = compact(model)
    assert smaller.count_params() == 784 * 40 + 40 + 40 * 40 + 40 + 40 * 2 + 2
    report = compaction_report(model, smaller)
    assert report.units == {
        "dense_0": (400, 40),
        "dense_1": (400, 40),
        "logits": (2, 2),
    }
    assert report.parameters == (475_202, smaller.count_params())
