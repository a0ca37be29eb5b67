import gzip

import numpy as np
import pytest

from hypermask_tf.export.measure.kernels import kernels
from hypermask_tf.export.measure.latency import measure_latencies
from hypermask_tf.export.measure.memory import activation_bytes
from hypermask_tf.export.measure.sizes import gzip_bytes, zstd_bytes
from hypermask_tf.export.quantize.quantize import quantize
from hypermask_tf.export.verify import make_interpreter


@pytest.mark.parametrize("kind", ["float32", "float16", "dynamic_int8", "int4"])
def test_an_mlp_runs_in_one_piece(converted, kind):
    found = kernels(make_interpreter(converted["mlp"].files[kind]))
    assert found.summary == found.delegate == "XNNPACK"
    assert found.partitions == 1 and found.builtin == {}
    assert found.delegated["FULLY_CONNECTED"] == 2


def test_int4_convolutions_are_seen_outside_the_delegate(converted):
    found = kernels(make_interpreter(converted["conv_net"].files["int4"]))
    assert found.builtin == {"CONV_2D": 1}
    assert found.summary == "XNNPACK+builtin"
    assert "FULLY_CONNECTED" in found.delegated


def test_memory_is_that_of_the_widest_step(converted):
    content = converted["one_hidden"].files["float32"]
    # Beside the 100 floats stand either 16 inputs or 3 outputs (in 16 bytes).
    assert activation_bytes(content) == 4 * (100 + 16)
    examples = np.random.default_rng(0).normal(size=(4, 16)).astype("float32")
    whole = quantize(content, "int8", examples, integer_io=True)
    assert activation_bytes(whole) == 112 + 16


def test_memory_counts_a_skip_for_as_long_as_it_lives(converted):
    assert activation_bytes(converted["with_skip"].files["float32"]) == 3 * 4 * 64


def test_memory_of_unpacked_weights_is_taken_all_the_time(converted):
    weights = 4 * (16 * 100 + 100 * 3)
    lean = activation_bytes(converted["one_hidden"].files["float32"])
    half = activation_bytes(converted["one_hidden"].files["float16"])
    assert weights <= half - lean < weights + 4 * 103 + 4 * 16


def test_latencies_are_of_the_same_rounds(converted):
    small = converted["mlp"].files["float32"]
    large = converted["large"].files["float32"]
    found = measure_latencies({"small": small, "large": large}, rounds=5)
    assert found["large"].rounds == 5
    assert found["large"].fastest > 5 * found["small"].fastest > 0
    assert found["large"].median >= found["large"].fastest


def test_sizes_are_those_of_the_tools():
    import zstandard

    content = bytes(1000) + bytes(range(256))
    assert gzip_bytes(content) == len(gzip.compress(content, 9, mtime=0))
    packed = zstandard.ZstdCompressor(level=19).compress(content)
    assert zstd_bytes(content) == len(packed) < len(content)
