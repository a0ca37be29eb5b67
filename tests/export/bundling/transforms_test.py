import numpy as np
import pytest

from export.bundle_reader import BundleError
from export.bundle_reader.transforms import TRANSFORMS, restore
from export.bundling.compress import pack_alone, pack_frame
from export.bundling.transforms import forward


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("size", [0, 4, 8, 12, 1000])
@pytest.mark.parametrize("zeros", [0.0, 0.7, 1.0])
def test_every_transform_is_undone(transform, size, zeros):
    rng = np.random.default_rng(size)
    values = rng.integers(0, 256, size, np.uint8) * (rng.random(size) >= zeros)
    content = values.astype(np.uint8).tobytes()
    assert restore(b"".join(forward(content, transform)), size, transform) == content


@pytest.mark.parametrize("size", [1, 7, 9, 13])
def test_nonzero_takes_any_length(size):
    content = bytes([0, 3] * size)[:size]
    assert restore(b"".join(forward(content, "nonzero")), size, "nonzero") == content


@pytest.mark.parametrize(
    ("stream", "size", "transform"),
    [
        (b"abc", 4, "none"),
        (b"abc", 3, "planes2"),
        (b"abcdef", 6, "planes4"),
        (b"", 8, "nonzero"),
        (b"\x03a", 8, "nonzero"),  # two bits, one value
        (b"\x01ab", 8, "nonzero"),  # one bit, two values
        (b"\x11a", 4, "nonzero"),  # a bit behind the end
    ],
)
def test_streams_that_cannot_be_are_refused(stream, size, transform):
    with pytest.raises(BundleError, match="Expected"):
        restore(stream, size, transform)


def test_the_transform_follows_the_numbers():
    rng = np.random.default_rng(0)
    chosen = {
        "float32": rng.normal(size=4000).astype("float32"),
        "float16": rng.normal(size=4000).astype("float16"),
        "int8": rng.integers(-127, 128, 4000, np.int8),
        "pruned": (rng.integers(-127, 128, 9000) * (rng.random(9000) < 0.2)).astype(
            "i1"
        ),
    }
    found = {name: pack_alone(x.tobytes()).transform for name, x in chosen.items()}
    assert found == {
        "float32": "planes4",
        "float16": "planes2",
        "int8": "none",
        "pruned": "nonzero",
    }
    for values in chosen.values():
        packed = pack_alone(values.tobytes())
        assert len(packed.stored) <= len(pack_frame(values.tobytes()))
