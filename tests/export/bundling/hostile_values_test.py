"""Records that lie about one thing, under SHA-256s that are right, are refused."""

import dataclasses
import hashlib

import pytest

from hypermask_tf.export.bundle_reader import BundleError, layout
from hypermask_tf.export.bundling.compress import pack_frame
from tests.export.bundling.sealed import abcd, last_file, opened, part, record, sealed


@pytest.fixture
def refused(tmp_path):
    """Expects that a bundle is refused when it is opened, before anything is read."""

    def check(content, words="Expected"):
        with pytest.raises(BundleError, match=words):
            opened(tmp_path / "b.hmb", content)

    return check


@pytest.mark.parametrize("value", [True, False, 4.0, "4", None, [4], -1, 2**64])
def test_what_is_no_number_in_bounds(refused, value):
    """`True` is 1 to Python, and no number to JSON."""
    refused(sealed(abcd(size=value)))
    for key in ("stored", "size", "stream"):
        frame, said = part(b"abcd")
        lying = frame, {**said, key: value}
        refused(sealed(record([lying], [[0, 0, 4]], b"abcd")))
    for place in range(3):
        segment = [0, 0, 4]
        segment[place] = value
        refused(sealed(abcd([segment])))
    for key in ("dictionary", "references"):
        second = part(b"e", transform="grouped", **{key: [value]})
        refused(sealed(record([part(b"a"), second], [[0, 0, 1]], b"a")))


@pytest.mark.parametrize("start", ["", ".", "..", ".hidden", "-a", "_a", "a\0", "a b"])
@pytest.mark.parametrize("end", [".tflite", ".tflite\n", ".TFLITE", ".tflite.json", ""])
def test_names_that_are_no_plain_files(refused, start, end):
    refused(sealed(abcd(file=start + end)), "a plain file name")


@pytest.mark.parametrize(
    "name", ["a/b.tflite", "a\\b.tflite", "ä.tflite", "a" * 122 + ".tflite", 3, None]
)
def test_further_names_that_are_no_plain_files(refused, name):
    refused(sealed(abcd(file=name)), "a plain file name")


@pytest.mark.parametrize(
    "name", ["a.tflite", "0.tflite", "A-._.tflite", "a" * 121 + ".tflite"]
)
def test_plain_names_are_read(tmp_path, name):
    assert last_file(tmp_path / "b", sealed(abcd(file=name))) == b"abcd"


@pytest.mark.parametrize("digest", ["ab" * 31, "AB" * 32, "ab" * 32 + "\n", 7, None])
def test_what_is_no_hash(refused, digest):
    refused(sealed(abcd(sha256=digest)), "a SHA-256 in hexadecimal")
    lying = record([part(b"abcd", sha256=digest)], [[0, 0, 4]], b"abcd")
    refused(sealed(lying), "a SHA-256 in hexadecimal")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"dictionary": [0, 0]}, "each part once"),
        ({"dictionary": [2]}, "from 0 to 1 as 'dictionary'"),  # itself
        ({"dictionary": [0, 1, 1]}, "at most 2 as 'dictionary'"),
        ({"references": [0]}, "no references"),
        ({"references": [0], "transform": "nonzero"}, "no references"),
        ({"references": [0], "transform": "planes2"}, "no references"),
        ({"references": [1], "transform": "grouped"}, "size of a reference"),
        ({"references": [0, 0], "transform": "grouped"}, "each part once"),
        ({"references": [2], "transform": "grouped"}, "from 0 to 1 as 'references'"),
        ({"transform": "planes3"}, "one of"),
        ({"transform": ["none"]}, "one of"),
        ({"transform": None}, "one of"),
    ],
)
def test_parts_that_cannot_be(refused, said, words):
    """After a part of four bytes, and one that is shorter or longer."""
    for other in (b"efg", b"efghi"):
        parts = [part(b"abcd"), part(other), part(b"wxyz", **said)]
        refused(sealed(record(parts, [[2, 0, 4]], b"wxyz")), words)


@pytest.mark.parametrize(
    "segments",
    [
        [[0, 0, 3]],
        [[0, 0, 5]],
        [[0, 1, 4]],
        [[0, 0, 4], [0, 4, 1]],
        [[0, 5, 0], [0, 0, 4]],
        [[1, 0, 4]],
        [[0, 0, 4, 0]],
        [[0, 4]],
        [0, 0, 4],
        {"0": [0, 0, 4]},
        [],
    ],
)
def test_segments_that_are_not_the_file(refused, segments):
    refused(sealed(abcd(segments)))


def test_segments_in_any_order_are_read(tmp_path):
    parts = [part(b"abcd"), part(b"efg")]
    segments = [[1, 1, 2], [0, 0, 1], [1, 3, 0], [0, 3, 1], [0, 0, 4]]
    made = sealed(record(parts, segments, b"fgadabcd"))
    assert last_file(tmp_path / "b", made) == b"fgadabcd"


def test_another_file_than_the_record_says(tmp_path):
    with pytest.raises(BundleError, match=r"SHA-256 of task_00\.tflite differs"):
        last_file(tmp_path / "b", sealed(abcd(sha256="ab" * 32)))


def test_one_name_for_files_that_are_not_neighbours(refused):
    other = record([], [[0, 0, 4]], b"abcd", "b.tflite")
    again = record([], [[0, 0, 4]], b"abcd")
    refused(sealed(abcd(), other, again), "task_00.tflite twice")


def test_frames_with_something_behind_them(refused, tmp_path):
    frame, said = part(b"abcd")
    for behind in (b"\0", frame):
        longer = frame + behind
        digest = hashlib.sha256(longer).hexdigest()
        stored = {**said, "stored": len(longer), "sha256": digest}
        made = sealed(record([(longer, stored)], [[0, 0, 4]], b"abcd"))
        with pytest.raises(BundleError, match="damaged"):
            last_file(tmp_path / "b", made)


def _placed(change, behind=b"", between=b""):
    """A bundle whose table says something else of where its record lies."""
    frames, text = abcd()
    frames += between
    stored = pack_frame(text)
    start = layout.HEADER.size + len(frames)
    row = layout.Row(start, len(stored), len(text), hashlib.sha256(stored).digest())
    body = layout.pack_header() + frames + stored + behind
    row = dataclasses.replace(row, **change(row))
    return body + layout.pack_end(len(body), [row])


def test_bytes_that_belong_to_nobody(refused, tmp_path):
    assert last_file(tmp_path / "b", _placed(lambda row: {})) == b"abcd"
    refused(_placed(lambda row: {}, behind=b"\0"), "records .* that end at byte")
    refused(_placed(lambda row: {}, between=b"\0"), "the parts of a record to end")
    refused(_placed(lambda row: {"offset": row.offset - 1}), "that end at byte")
    refused(_placed(lambda row: {"stored": row.stored - 1}), "that end at byte")
    refused(_placed(lambda row: {"offset": 15}), "between byte 16 and")
    refused(_placed(lambda row: {"stored": row.stored + 1}), "between byte 16 and")
    refused(_placed(lambda row: {"size": row.size + 1}), "a zstd frame of")


def test_records_over_each_other(refused):
    frames, text = abcd()
    stored = pack_frame(text)
    digest = hashlib.sha256(stored).digest()
    row = layout.Row(layout.HEADER.size + len(frames), len(stored), len(text), digest)
    body = layout.pack_header() + frames + stored
    refused(body + layout.pack_end(len(body), [row, row]), "between byte")


@pytest.mark.parametrize("place", [12, 13, 14, 15])
def test_a_header_whose_last_number_is_not_zero(refused, place):
    """Under a SHA-256 that is right."""
    content = bytearray(sealed(abcd()))
    content[place] = 1
    offset, count, *_ = layout.FOOTER.unpack_from(content, len(content) - 56)
    table = content[offset : offset + count * layout.ROW.size]
    digest = hashlib.sha256(content[:16] + table).digest()
    end = layout.FOOTER.pack(offset, count, 0, digest, layout.END_MAGIC)
    refused(bytes(content[:-56]) + end, "The header is damaged")
