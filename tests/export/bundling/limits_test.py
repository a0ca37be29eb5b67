"""The limits of the reader: what is at a limit is read, what is above is refused."""

import pytest

from hypermask_tf.export.bundle_reader import (
    BundleError,
    apply_update,
    layout,
    parse_update,
)
from hypermask_tf.export.bundling.transforms import forward
from hypermask_tf.export.bundling.updates import make_update
from tests.export.bundling.sealed import abcd, last_file, opened, part, record, sealed


@pytest.fixture
def read(tmp_path):
    """Gives the last file of a bundle."""
    return lambda content: last_file(tmp_path / "b.hmb", content)


@pytest.fixture
def refused(tmp_path):
    """Expects that a bundle is refused when it is opened, before anything is read."""

    def check(content, words):
        with pytest.raises(BundleError, match=words):
            opened(tmp_path / "b.hmb", content)

    return check


def _two_records():
    return abcd(), record([], [[0, 0, 4]], b"abcd", "b.tflite")


def test_segments(read, refused):
    def cut(count):
        segments = [[0, 0, 3], *[[0, 3, 0]] * (count - 1)]
        return sealed(record([part(b"abc")], segments, b"abc"))

    assert read(cut(layout.MAX_SEGMENTS)) == b"abc"
    refused(cut(layout.MAX_SEGMENTS + 1), "at most 4096 as 'segments'")


@pytest.mark.parametrize("kind", ["dictionary", "references"])
def test_parts_that_another_needs(read, refused, kind):
    def needing(count):
        known = [bytes([i % 256]) for i in range(count)]
        if kind == "dictionary":
            last = part(b"z", None, b"".join(known), dictionary=list(range(count)))
        else:
            stream = b"".join(forward(b"z", "grouped", known))
            last = part(stream, 1, transform="grouped", references=list(range(count)))
        return sealed(record([*map(part, known), last], [[count, 0, 1]], b"z"))

    assert read(needing(layout.MAX_NEEDS)) == b"z"
    refused(needing(layout.MAX_NEEDS + 1), f"at most 1024 as '{kind}'")


def test_bytes_of_a_dictionary(read, refused):
    def referring(size):
        halves = [bytes(size // 2), bytes(size - size // 2)]
        last = part(b"the end", None, b"".join(halves), dictionary=[0, 1])
        return sealed(record([*map(part, halves), last], [[2, 0, 7]], b"the end"))

    assert read(referring(layout.MAX_DICTIONARY_BYTES)) == b"the end"
    refused(referring(layout.MAX_DICTIONARY_BYTES + 1), "bytes of dictionary")


def test_parts_of_all_records(read, refused, monkeypatch):
    def split(first, second):
        return sealed(
            record([part(b"a")] * first, [[0, 0, 1]], b"a"),
            record([part(b"b")] * second, [[first, 0, 1]], b"b", "b.tflite"),
        )

    monkeypatch.setattr(layout, "MAX_PARTS", 5)
    assert read(split(3, 2)) == b"b"
    refused(split(3, 3), "at most 2 as 'parts'")
    refused(split(6, 1), "at most 5 as 'parts'")


def test_length_of_a_stream(refused, tmp_path):
    """33 groups, each with a byte of bits that is not full, are the longest."""
    most = 80 + 80 // 8 + 33

    def long(stream):
        return sealed(record([part(bytes(stream), 80)], [[0, 0, 80]], bytes(80)))

    assert opened(tmp_path / "a.hmb", long(most)).parts[0].stream == most
    refused(long(most + 1), f"from 0 to {most} as 'stream'")


def test_bytes_of_a_file(read, refused, monkeypatch):
    monkeypatch.setattr(layout, "MAX_CONTENT_BYTES", 4)
    assert read(sealed(abcd())) == b"abcd"
    long = record([part(b"abc")], [[0, 0, 3], [0, 0, 2]], b"abcab")
    refused(sealed(long), "from 0 to 4 as 'size'")
    refused(sealed(record([part(b"abcde")], [[0, 0, 4]], b"abcd")), "as 'size'")


def test_bytes_to_decompress(read, monkeypatch):
    """Counted before a transform is undone or after, whichever is longer."""
    for content, longest in ((bytes(1000), 1000), (b"x" * 1000, 1125)):
        stream = b"".join(forward(content, "nonzero"))
        only = part(stream, 1000, transform="nonzero")
        made = sealed(record([only], [[0, 0, 1000]], content))
        monkeypatch.setattr(layout, "MAX_CONTENT_BYTES", longest)
        assert read(made) == content
    monkeypatch.setattr(layout, "MAX_CONTENT_BYTES", 1124)
    with pytest.raises(BundleError, match=r"at most 1124 bytes.*Received: 1125"):
        read(made)
    parts = [part(b"a" * 600), part(bytes(75), 600, transform="nonzero")]
    made = sealed(record(parts, [[0, 0, 600], [1, 0, 1]], b"a" * 600 + b"\0"))
    with pytest.raises(BundleError, match="Received: 1200"):
        read(made)


def test_bytes_of_a_record(read, refused):
    def noted(size):
        bare = len(abcd(sidecar={"note": ""})[1])
        return sealed(abcd(sidecar={"note": "-" * (size - bare)}))

    assert read(noted(layout.MAX_RECORD_BYTES)) == b"abcd"
    refused(noted(layout.MAX_RECORD_BYTES + 1), "a record of at most 4194304 bytes")


def test_bytes_of_all_records(read, refused, monkeypatch):
    records = _two_records()
    total = sum(len(text) for _, text in records)
    monkeypatch.setattr(layout, "MAX_RECORDS_BYTES", total)
    assert read(sealed(*records)) == b"abcd"
    monkeypatch.setattr(layout, "MAX_RECORDS_BYTES", total - 1)
    refused(sealed(*records), "records of at most")


@pytest.mark.parametrize("limit", ["MAX_RECORDS", "MAX_BUNDLE_BYTES"])
def test_records_and_bytes_of_a_bundle(read, refused, monkeypatch, limit):
    content = sealed(*_two_records())
    most = 2 if limit == "MAX_RECORDS" else len(content)
    monkeypatch.setattr(layout, limit, most)
    assert read(content) == b"abcd"
    monkeypatch.setattr(layout, limit, most - 1)
    refused(content, "table of 2 records|Expected a bundle of")


def test_bytes_of_updates_and_of_what_they_give(tmp_path, monkeypatch):
    small, large = bytes(100), bytes(101)
    monkeypatch.setattr(layout, "MAX_BUNDLE_BYTES", 100)
    assert parse_update(make_update(small, small).pack()).apply(small) == small
    for base, target in ((small, large), (large, small)):
        with pytest.raises(BundleError, match="bundles of at most 100 bytes"):
            parse_update(make_update(base, target).pack())
    for size, words in ((200, "Expected an update"), (201, "Expected a smaller file")):
        (tmp_path / "u").write_bytes(bytes(size))
        with pytest.raises(BundleError, match=words):
            apply_update(tmp_path / "b", tmp_path / "u")
