"""What is said of devices, on either backend and without any but the CPU."""

import keras
import pytest

from hypermask_tf.cli.accelerators import accelerators
from hypermask_tf.cli.benchmarks import accelerator

pytestmark = pytest.mark.backend


def test_a_cpu_is_none():
    devices = keras.distribution.list_devices()
    # Where there is an accelerator, Keras computes on it.
    only_cpu = all(device.lower().startswith("cpu") for device in devices)
    assert (accelerators() == []) == only_cpu


def test_bandwidth_counts_bytes_read_and_written(monkeypatch):
    monkeypatch.setattr(accelerator, "_COPIED_BYTES", 2**22)
    bandwidth = accelerator.AcceleratorBandwidth()
    bandwidth.measure(2)
    assert 1e7 < bandwidth.bytes_per_second < 1e14
