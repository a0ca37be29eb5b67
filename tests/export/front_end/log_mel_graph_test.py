"""The graph, converted, makes what tasks are learned from."""

import numpy as np
import pytest

from hypermask_tf.export.convert_worker import saved_model_to_tflite
from hypermask_tf.export.front_end.check import TOLERANCE, compare_features
from hypermask_tf.export.front_end.log_mel_graph import write_log_mel
from hypermask_tf.export.inspect_tflite import inspect_tflite
from hypermask_tf.export.interpreter import run_tflite
from hypermask_tf.scenarios import preprocess


def _waves(window, rate):
    """Silence, noise, a click, and tones at full scale, where rounding shows most."""
    random = np.random.default_rng(0)
    time = np.arange(window) / rate
    waves = [np.zeros(window), random.uniform(-1, 1, window), np.ones(window)]
    waves.append(np.eye(1, window, window // 2)[0])
    for share in (0.01, 0.11, 0.25, 0.4):
        waves.append(np.sin(2 * np.pi * share * rate * time + 0.3))
        waves.append(0.01 * waves[-1])
    return np.stack(waves).astype("float32")


@pytest.mark.parametrize(
    ("rate", "window", "steps"),
    [
        (1000, 101, {"log_mel": {"sample_rate": 1000, "bands": 8}}),
        (4000, 4000, {"log_mel": {"sample_rate": 4000}, "scale": 0.5, "offset": -2.0}),
        (
            16000,
            12345,  # no whole number of frames
            {
                "log_mel": {"sample_rate": 16000},
                "scale": np.linspace(0.2, 0.4, 40).tolist(),
                "offset": np.linspace(1.0, 2.0, 40).tolist(),
            },
        ),
    ],
)
def test_the_file_makes_the_features_of_preprocess(tmp_path, rate, window, steps):
    write_log_mel(tmp_path / "saved", window, steps)
    content = saved_model_to_tflite(str(tmp_path / "saved"))
    waves = _waves(window, rate)
    wanted = preprocess(waves[..., None], steps)
    found = run_tflite(content, waves)
    assert found.shape == wanted.shape and found.shape[1] == window // _hop(rate) + 1
    check = compare_features({0: wanted}, {0: found}, steps.get("scale", 1.0))
    assert not check.failures
    assert check.mean_difference < TOLERANCE / 50
    ops = inspect_tflite(content)
    # No complex numbers, which TensorFlow Lite Micro has not.
    assert not ops.custom_ops and not {"RFFT2D", "COMPLEX_ABS"} & set(ops.ops)


def _hop(rate):
    return {1000: 16, 4000: 64, 16000: 256}[rate]
