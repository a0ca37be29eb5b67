import struct

import numpy as np
import pytest

from hypermask_tf.export.bundling.split import SMALLEST_BUFFER, weight_ranges
from hypermask_tf.export.inspect_tflite import inspect_tflite


@pytest.mark.parametrize("name", ["mlp", "conv_net", "depthwise_net"])
def test_ranges_are_the_buffers_that_the_schema_finds(converted, name):
    for content in converted[name].files.values():
        weights = [w.bytes for w in inspect_tflite(content).weights]
        ranges = weight_ranges(content)
        expected = sorted(size for size in weights if size >= SMALLEST_BUFFER)
        assert sorted(length for _, length in ranges) == expected


def test_ranges_hold_the_weights_themselves(small):
    rng = np.random.default_rng(0)
    weights = [
        rng.normal(size=(30, 40)).astype("float32"),
        rng.integers(-127, 128, (64, 50), np.int8),
    ]
    content = small.tflite(*weights, np.zeros(3, "float32"))
    found = {
        content[start : start + length] for start, length in weight_ranges(content)
    }
    assert found == {weight.tobytes() for weight in weights}


def test_ranges_never_overlap_and_stay_inside(ten_tasks):
    rng = np.random.default_rng(1)
    content = ten_tasks[0].content
    for _ in range(400):
        damaged = bytearray(content)
        for at in rng.integers(0, len(content), 3):
            damaged[at] ^= 1 << rng.integers(8)
        if rng.integers(2):  # an offset leads anywhere
            at = 4 * rng.integers(0, 40)
            damaged[at : at + 4] = struct.pack("<I", rng.integers(2**32))
        damaged[4:8] = b"TFL3"
        try:
            ranges = weight_ranges(bytes(damaged))
        except ValueError:
            continue
        end = 0
        for start, length in ranges:
            assert start >= end and length >= SMALLEST_BUFFER
            end = start + length
        assert end <= len(content)


@pytest.mark.parametrize(
    "content", [b"", b"0123TFL3", b"\xff\xff\xff\xffTFL3" + bytes(9)]
)
def test_what_is_no_model_is_refused(content):
    with pytest.raises(ValueError, match=r"\.tflite file"):
        weight_ranges(content)


def test_short_buffers_stay_with_what_surrounds_them(small):
    for size in (SMALLEST_BUFFER - 1, SMALLEST_BUFFER, SMALLEST_BUFFER + 1):
        content = small.tflite(np.ones((1, size), np.int8))
        found = [length for _, length in weight_ranges(content)]
        assert found == ([] if size < SMALLEST_BUFFER else [size])


def test_a_buffer_may_end_with_the_file_and_not_behind_it(small):
    content = small.tflite(np.arange(300, dtype="float32")[None])
    ((start, _),) = weight_ranges(content)
    for more, found in ((0, [(start, len(content) - start)]), (1, None)):
        length = struct.pack("<I", len(content) - start + more)
        said = content[: start - 4] + length + content[start:]
        if found is None:
            with pytest.raises(ValueError, match="damaged"):
                weight_ranges(said)
        else:
            assert weight_ranges(said) == found
