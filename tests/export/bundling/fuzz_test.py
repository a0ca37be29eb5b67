"""Damaged bundles and updates: the same bytes come out, or a `BundleError`."""

import tracemalloc

import numpy as np
import pytest

from hypermask_tf.export.bundle_reader import Bundle, BundleError
from hypermask_tf.export.bundle_reader.update import updated
from hypermask_tf.export.bundling.writer import make_bundle, make_update
from tests.export.bundling.sealed import opened_up, pair, sealed

MOST_MEMORY = 4 << 20


def _flip(rng, content):
    damaged = bytearray(content)
    for _ in range(rng.integers(1, 9)):
        damaged[rng.integers(len(damaged))] ^= 1 << rng.integers(8)
    return bytes(damaged)


def _truncate(rng, content):
    return content[: rng.integers(len(content))]


def _insert(rng, content):
    at = rng.integers(len(content) + 1)
    return content[:at] + rng.bytes(rng.integers(1, 64)) + content[at:]


def _splice(rng, content):
    """A stretch of the file is put elsewhere, over or between what is there."""
    start, end, at = np.sort(rng.integers(len(content), size=3))[[0, 1, 2]]
    stretch = content[start:end]
    over = len(stretch) if rng.integers(2) else 0
    return content[:at] + stretch + content[at + over :]


def _headers(rng, content):
    """Bytes of the ZIP headers and of the manifest alone."""
    damaged = bytearray(content)
    start = content.index(b"manifest.json") - 30
    for _ in range(rng.integers(1, 5)):
        at = int(rng.integers(start, len(content)))
        damaged[at] = rng.choice([0, 1, 0x7F, 0x80, 0xFF, rng.integers(256)])
    return bytes(damaged)


def _restored(content):
    bundle = Bundle(content)
    return {member.name: bundle.read(member.name) for member in bundle.members}


@pytest.fixture(scope="module")
def bundles(small):
    """Bundles of two and of three small tasks."""
    weight = np.random.default_rng(0).integers(-127, 128, (3, 16, 16), np.int8)
    sources = [small.source(i, small.tflite(w)) for i, w in enumerate(weight)]
    return [make_bundle(sources[:count])[0] for count in (2, 3)]


@pytest.mark.parametrize("change", [_flip, _truncate, _insert, _splice, _headers])
def test_seeded_damage_to_a_bundle(bundles, change):
    content = bundles[1].content
    expected = _restored(content)
    rng = np.random.default_rng(20261130)
    refused = []
    tracemalloc.start()
    try:
        for _ in range(300):
            try:
                assert _restored(change(rng, content)) == expected
            except BundleError as error:
                refused.append(str(error))
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
    finally:
        tracemalloc.stop()
    assert len(refused) > 250 and min(map(len, refused)) > 20


@pytest.mark.parametrize("change", [_flip, _truncate, _insert, _splice, _headers])
def test_seeded_damage_to_an_update(bundles, change):
    old, new = bundles
    update = make_update(old, new)
    rng = np.random.default_rng(20261130)
    refused = 0
    for _ in range(200):
        try:
            assert updated(old, change(rng, update)).content == new.content
        except BundleError:
            refused += 1
    assert refused > 150


def test_random_bytes(bundles):
    rng = np.random.default_rng(7)
    content = bundles[1].content
    for i in range(200):
        noise = rng.bytes(rng.integers(0, 400))
        if i % 2:  # past the first check
            noise = content[:40] + noise
        if i % 4 == 3:  # and past the next ones
            noise += content[-22:]
        with pytest.raises(BundleError):
            Bundle(noise)


def test_damaged_frames_in_files_whose_form_is_right(bundles):
    """No CRC-32 stands before zstd here: the frames are damaged, and sealed again."""
    rng = np.random.default_rng(3)
    entries = opened_up(bundles[1].members)
    expected = _restored(bundles[1].content)
    for _ in range(400):
        damaged = list(entries)
        number = rng.integers(len(entries))
        said, frame = entries[number]
        damaged[number] = said, (_flip, _truncate)[rng.integers(2)](rng, frame)
        try:
            assert _restored(sealed(damaged)) == expected
        except BundleError:
            continue


def test_every_byte_of_a_bundle_counts():
    content = sealed([*pair("a"), *pair("b", b"efgh")])
    rng = np.random.default_rng(1)
    for at in range(len(content)):
        damaged = bytearray(content)
        damaged[at] ^= rng.integers(1, 256)
        with pytest.raises(BundleError):
            Bundle(bytes(damaged)).verify()
            pytest.fail(f"byte {at} does not count")
        with pytest.raises(BundleError):
            Bundle(content[:at]).verify()
            pytest.fail(f"the first {at} bytes are taken for a bundle")


def test_every_byte_of_an_update_counts():
    old, new = (Bundle(sealed([*pair("a"), *pair(name)])) for name in "bc")
    update = make_update(old, new)
    assert updated(old, update).content == new.content
    for at in range(len(update)):
        damaged = bytearray(update)
        damaged[at] ^= 1 + at % 255
        with pytest.raises(BundleError):
            updated(old, bytes(damaged))
            pytest.fail(f"byte {at} does not count")
