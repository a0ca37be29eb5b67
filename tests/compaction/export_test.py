"""A compact model on its way to a device."""

import keras
import numpy as np
import pytest

import hypermask_tf as hm
from hypermask_tf.compaction import compact
from tests.compaction import dead

pytest.importorskip("ai_edge_litert")

from hypermask_tf.export.convert import convert
from hypermask_tf.export.verify import run_tflite


def test_the_file_for_the_device_computes_the_same(tmp_path):
    baked = hm.targets.convnet((8, 8, 3), (8, 10), hidden=16, classes=4)
    dead.shake(baked)
    dead.kill_units(baked, 60)
    smaller = compact(baked)
    smaller.save(tmp_path / "smaller.keras")
    dead.assert_same_function(
        smaller, keras.saving.load_model(tmp_path / "smaller.keras")
    )
    x = np.random.default_rng(0).normal(size=(4, 8, 8, 3)).astype("float32")
    content = convert(smaller)
    np.testing.assert_allclose(
        run_tflite(content, x), baked(x, training=False), rtol=1e-4, atol=1e-4
    )
