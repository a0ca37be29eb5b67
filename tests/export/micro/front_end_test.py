"""What makes features of sounds runs in TensorFlow Lite Micro, too."""

import numpy as np
import pytest

pytest.importorskip(
    "tflite_micro", reason="needs: pip install -r requirements-micro.txt"
)

from hypermask_tf.export.convert_worker import saved_model_to_tflite
from hypermask_tf.export.front_end.check import compare_features
from hypermask_tf.export.front_end.log_mel_graph import write_log_mel
from hypermask_tf.export.interpreter import run_tflite
from hypermask_tf.export.micro.run import run_micro


def test_micro_makes_the_features_of_litert_in_little_memory(tmp_path):
    write_log_mel(tmp_path / "saved", 16000, {"log_mel": {"sample_rate": 16000}})
    content = saved_model_to_tflite(str(tmp_path / "saved"))
    waves = np.random.default_rng(0).uniform(-1, 1, (2, 16000)).astype("float32")
    micro = run_micro(content, waves)
    check = compare_features({0: run_tflite(content, waves)}, {0: micro.outputs})
    assert not check.failures and check.max_difference < 1e-3
    # Frames are made some at a time: all at once take more than 400 kB.
    assert micro.arena_bytes < 250_000
