"""Whatever byte of a bundle or of an update changes: it is refused."""

import numpy as np
import pytest

from hypermask_tf.export.bundle_reader import Bundle, BundleError, parse_update
from hypermask_tf.export.bundling.transforms import forward
from hypermask_tf.export.bundling.updates import make_update
from tests.export.bundling.sealed import last_file, part, record, sealed


def _transformed(content, transform, known=(), **said):
    stream = b"".join(forward(content, transform, known))
    return part(stream, len(content), transform=transform, **said)


@pytest.fixture(scope="module")
def content():
    """A small bundle with parts of every kind."""
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=8).astype("float32").tobytes()
    weights = rng.integers(-9, 9, (2, 32)).astype(np.int8)
    old, new = (weights * (rng.random((2, 32)) < 0.5)).astype(np.int8)
    parts = [
        _transformed(old.tobytes(), "nonzero"),
        _transformed(new.tobytes(), "grouped", [old.tobytes()], references=[0]),
        _transformed(numbers, "planes4"),
        part(b"what was said before, and more"),
    ]
    first = record(parts[:2], [[0, 0, 32], [1, 0, 32]], old.tobytes() + new.tobytes())
    second = record(
        parts[2:], [[2, 0, 32], [3, 5, 3]], numbers + b"was", "task_01.tflite"
    )
    return sealed(first, second)


def _changed(content):
    rng = np.random.default_rng(1)
    for at in range(len(content)):
        damaged = bytearray(content)
        damaged[at] ^= rng.integers(1, 256)
        yield at, bytes(damaged)


def test_of_a_bundle(content, tmp_path):
    path = tmp_path / "b.hmb"
    assert last_file(path, content).endswith(b"was")
    for at, damaged in _changed(content):
        path.write_bytes(damaged)
        with pytest.raises(BundleError), Bundle(path) as bundle:
            bundle.verify()
            pytest.fail(f"byte {at} does not count")


def test_of_an_update(content):
    base = content[: len(content) // 2]
    packed = make_update(base, content).pack()
    assert parse_update(packed).apply(base) == content
    for at, damaged in _changed(packed):
        with pytest.raises(BundleError):
            parse_update(damaged).apply(base)
            pytest.fail(f"byte {at} does not count")
    update = parse_update(packed)
    for at, other in _changed(base):
        with pytest.raises(BundleError, match=r"bundle|damaged"):
            update.apply(other)
            pytest.fail(f"byte {at} of the base does not count")


def test_of_a_file_that_grew_or_shrank(content, tmp_path):
    path = tmp_path / "b.hmb"
    for length in range(0, len(content), 9):
        path.write_bytes(content[:length])
        with pytest.raises(BundleError), Bundle(path):
            pytest.fail(f"{length} bytes are taken for a bundle")
    for at in range(0, len(content) + 1, 9):
        path.write_bytes(content[:at] + b"\0" + content[at:])
        with pytest.raises(BundleError), Bundle(path) as bundle:
            bundle.verify()
            pytest.fail(f"a byte more at {at} does not count")
