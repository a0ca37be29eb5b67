import numpy as np
import pytest

from hypermask_tf.export.bundle_reader import Bundle, BundleError
from hypermask_tf.export.bundle_reader.transforms import (
    MAX_GROUPS,
    TRANSFORMS,
    groups,
    restore,
)
from hypermask_tf.export.bundling.compress import pack_alone, pack_frame
from hypermask_tf.export.bundling.transforms import forward
from hypermask_tf.export.bundling.writer import bundle_bytes


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
        (b"abcde", 4, "none"),
        (b"abcdef", 4, "planes2"),
        (b"abcdefgh", 4, "planes4"),
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


def _masked(rng, base, zeros):
    """Int8 weights in the paper's form: a task's mask over weights all share."""
    mask = rng.uniform(0.7, 1.0, base.size) * (rng.random(base.size) >= zeros)
    return np.round(base * mask).astype(np.int8)


@pytest.mark.parametrize("size", [1, 9, 5000])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_groups_are_undone(size, count):
    rng = np.random.default_rng(size + count)
    base = rng.integers(-127, 128, size)
    *references, content = [_masked(rng, base, 0.7).tobytes() for _ in range(count + 1)]
    stream = b"".join(forward(content, "grouped", references))
    assert len(stream) <= size + size // 8 + MAX_GROUPS
    assert restore(stream, size, "grouped", references) == content
    for damaged in (stream[:-1], stream + b"a", b"\xff" + stream):
        with pytest.raises(BundleError, match="a bit for each of"):
            restore(damaged, size, "grouped", references)


def test_groups_follow_the_latest_weight_that_is_not_zero():
    old = np.array([0, 8, 9, -1, 127, -128, 0, 0], np.int8).tobytes()
    new = np.array([0, 0, 16, 0, 0, 0, 0, 1], np.int8).tobytes()
    found = [places.tolist() for places in groups(8, [old, new])]
    assert found == [[0, 6], [5], [3], [7], [1], [2], [4]]
    assert [places.tolist() for places in groups(3, [])] == [[0, 1, 2]]
    assert groups(0, []) == []


def test_each_further_task_over_shared_weights_costs_less(small, tmp_path):
    rng = np.random.default_rng(0)
    base = rng.integers(-127, 128, 60_000)
    weights = [_masked(rng, base, 0.7).reshape(200, 300) for _ in range(4)]
    sources = [small.source(i, small.tflite(w)) for i, w in enumerate(weights)]
    path = tmp_path / "b.hmb"
    path.write_bytes(bundle_bytes(sources))
    with Bundle(path) as bundle:
        bundle.verify()
        large = [p for p in bundle.parts if p.size == 60_000]
        assert [p.transform for p in large] == ["nonzero"] + 3 * ["grouped"]
        assert [len(p.references) for p in large] == [0, 1, 2, 3]
        stored = [p.stored for p in large]
        assert sorted(stored, reverse=True) == stored and stored[3] < 0.92 * stored[0]
        assert [bundle.read(s.file) for s in sources] == [s.content for s in sources]
