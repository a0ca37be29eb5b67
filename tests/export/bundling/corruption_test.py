"""Damage of every kind is refused with a message, and nothing is written."""

import dataclasses
import hashlib
import json
import struct

import numpy as np
import pytest

from hypermask_tf.export.bundle_reader import Bundle, BundleError, layout, parse_update
from hypermask_tf.export.bundling.compress import pack_frame
from hypermask_tf.export.bundling.encoder import record_text
from hypermask_tf.export.bundling.updates import make_update
from hypermask_tf.export.bundling.writer import bundle_bytes

ABSURD = [2**63 - 1, 2**40, 2**31, layout.MAX_CONTENT_BYTES + 1, -1, 1.5, "9", None]


def _flip(rng, content):
    """1 to 8 bits change."""
    damaged = bytearray(content)
    for _ in range(rng.integers(1, 9)):
        damaged[rng.integers(len(damaged))] ^= 1 << rng.integers(8)
    return bytes(damaged)


def _truncate(rng, content):
    return content[: rng.integers(len(content))]


def _grow(rng, content):
    at = rng.integers(len(content) + 1)
    return content[:at] + rng.bytes(rng.integers(1, 64)) + content[at:]


def _swap_parts(rng, content, bundle):
    """Two stretches of the body change places, as parts or records put wrongly."""
    starts = [part.offset for part in bundle.parts] + [
        row.offset for row in bundle.rows
    ]
    lengths = [part.stored for part in bundle.parts] + [r.stored for r in bundle.rows]
    places = sorted(zip(starts, lengths, strict=True))
    a, b = sorted(rng.choice(len(places), 2, replace=False))
    (s, m), (t, n) = places[a], places[b]
    swapped = content[t : t + n] + content[s + m : t] + content[s : s + m]
    return content[:s] + swapped + content[t + n :]


def _absurd_numbers(rng, content):
    """A length or an offset in table or footer becomes absurd, its SHA-256 right."""
    offset, count = struct.unpack_from("<QI", content, len(content) - 56)
    at = offset + layout.ROW.size * int(rng.integers(count))
    values = list(layout.ROW.unpack_from(content, at))
    absurd = [0, 1, 2**31, 2**32 - 1, int(rng.integers(2**32))]
    if rng.integers(2):
        values[0] = int(rng.choice([0, 1, 2**40, 2**63, len(content)]))
    else:
        values[1 + rng.integers(2)] = int(rng.choice(absurd))
    rows = list(layout.ROW.iter_unpack(content[offset:-56]))
    rows[(at - offset) // layout.ROW.size] = tuple(values)
    end = layout.pack_end(offset, [layout.Row(*row) for row in rows])
    return content[:offset] + end


def _sealed(content, change):
    """The bundle with one record changed, and every hash around it made right."""
    offset = struct.unpack_from("<Q", content, len(content) - 56)[0]
    rows = [layout.Row(*row) for row in layout.ROW.iter_unpack(content[offset:-56])]
    row = rows[-1]
    text = json.dumps(change)
    stored = pack_frame(text.encode())
    body = content[: row.offset] + stored
    rows[-1] = dataclasses.replace(
        row,
        stored=len(stored),
        size=len(text),
        sha256=hashlib.sha256(stored).digest(),
    )
    return body + layout.pack_end(len(body), rows)


def _lying_record(rng, content, record):
    """A number or text of the last record is a lie, under right SHA-256s."""
    values = json.loads(record_text(record))
    lie = ABSURD[rng.integers(len(ABSURD))]
    part = values["parts"][rng.integers(len(values["parts"]))]
    segment = values["segments"][rng.integers(len(values["segments"]))]
    match rng.integers(11):
        case 0:
            part[str(rng.choice(["stored", "size", "stream"]))] = lie
        case 1:
            segment[rng.integers(3)] = lie
        case 2:
            part["dictionary"] = [lie]
        case 9:
            part["references"], part["transform"] = [lie], "grouped"
        case 10:  # groups of parts of another size, or of what is not grouped
            part["references"] = (
                [0] if part["size"] != values["parts"][0]["size"] else [9]
            )
        case 3:
            values["size"] = lie
        case 4:
            names = ["../task.tflite", "/tmp/x.tflite", "a\\b.tflite", "..", ""]
            values["file"] = str(rng.choice(names))
        case 5:
            values["segments"] = segment
        case 6:
            part["transform"] = str(rng.choice(["planes2x", "pickle"]))
        case 7:
            values["segments"][1][1] += 1
            values["segments"][1][2] -= 1
            values["segments"][-1][1] -= 1
            values["segments"][-1][2] += 1
        case 8:
            digest = part if rng.integers(2) else values
            digest["sha256"] = rng.bytes(32).hex()
    return _sealed(content, values)


def _refused(path, content, folder):
    path.write_bytes(content)
    with pytest.raises(BundleError) as caught, Bundle(path) as bundle:
        bundle.verify()
        bundle.extract(folder)
    assert len(str(caught.value)) > 20
    assert not folder.exists()


@pytest.fixture(scope="module")
def case(small, tmp_path_factory):
    """A bundle of three tasks: its bytes, and what it says of itself."""
    path = tmp_path_factory.mktemp("corruption") / "edge.hmb"
    path.write_bytes(bundle_bytes(small.tasks(3, seed=5)))
    with Bundle(path) as bundle:
        bundle.verify()
    return path.read_bytes(), bundle


@pytest.mark.parametrize("kind", ["flip", "truncate", "grow", "swap", "absurd", "lie"])
def test_a_thousand_seeded_corruptions_are_refused(case, tmp_path, kind):
    content, bundle = case
    count = {"flip": 400, "truncate": 150, "grow": 50, "swap": 100}.get(kind, 150)
    rng = np.random.default_rng(20261125)
    for _ in range(count):
        damaged = content
        while damaged == content:
            damaged = {
                "flip": lambda: _flip(rng, content),
                "truncate": lambda: _truncate(rng, content),
                "grow": lambda: _grow(rng, content),
                "swap": lambda: _swap_parts(rng, content, bundle),
                "absurd": lambda: _absurd_numbers(rng, content),
                "lie": lambda: _lying_record(rng, content, bundle.records[-1]),
            }[kind]()
        _refused(tmp_path / "b.hmb", damaged, tmp_path / "out")


def test_what_is_sealed_without_a_lie_is_read(case, tmp_path):
    """So that the lies above are refused for what they are."""
    content, bundle = case
    sealed = _sealed(content, bundle.records[-1].to_json())
    (tmp_path / "b.hmb").write_bytes(sealed)
    with Bundle(tmp_path / "b.hmb") as again:
        again.verify()
        assert again.records == bundle.records
    assert sealed != content


def test_every_single_bit_of_what_is_fixed_counts(case, tmp_path):
    content, _ = case
    size = len(content)
    for at in [*range(16), *range(size - 56 - 3 * layout.ROW.size, size)]:
        for bit in range(8):
            damaged = bytearray(content)
            damaged[at] ^= 1 << bit
            _refused(tmp_path / "b.hmb", bytes(damaged), tmp_path / "out")


def test_random_bytes_are_refused(case, tmp_path):
    content, _ = case
    rng = np.random.default_rng(7)
    for i in range(200):
        noise = rng.bytes(rng.integers(0, 400))
        if i % 2:  # past the first check
            noise = content[:16] + noise
        if i % 4 == 3:  # and past the second
            noise += layout.pack_end(len(noise), [])
        _refused(tmp_path / "b.hmb", noise, tmp_path / "out")


@pytest.mark.parametrize(
    "text",
    [
        b"[]",
        b"{",
        b"\xff",
        b"[" * 100_000,
        b'{"parts": NaN}',
        b"1" * 5000,
        b"{}",
        b"{" * 9,
    ],
)
def test_records_that_are_no_records_are_refused(tmp_path, text):
    stored = pack_frame(text)
    body = layout.pack_header() + stored
    row = layout.Row(16, len(stored), len(text), hashlib.sha256(stored).digest())
    content = body + layout.pack_end(len(body), [row])
    _refused(tmp_path / "b.hmb", content, tmp_path / "out")


def test_one_name_twice_is_refused(case, tmp_path):
    content, bundle = case
    values = json.loads(record_text(bundle.records[-1]))
    values["file"] = bundle.records[0].file
    path = tmp_path / "b.hmb"
    path.write_bytes(_sealed(content, values))
    with pytest.raises(BundleError, match=r"task_00\.tflite twice"):
        Bundle(path)


def test_limits_are_checked_before_memory_is_taken(case, tmp_path, monkeypatch):
    path = tmp_path / "b.hmb"
    path.write_bytes(case[0])
    monkeypatch.setattr(layout, "MAX_RECORDS_BYTES", 100)
    with pytest.raises(BundleError, match="records of at most 100 bytes"):
        Bundle(path)
    monkeypatch.undo()
    monkeypatch.setattr(layout, "MAX_CONTENT_BYTES", 5000)
    with pytest.raises(BundleError, match="Received: "):
        Bundle(path)
    monkeypatch.setattr(layout, "MAX_CONTENT_BYTES", 12_000)
    with Bundle(path) as bundle, pytest.raises(BundleError, match="to decompress"):
        bundle.verify()


def test_a_bomb_is_refused_before_it_goes_off(case, tmp_path):
    """A frame that would unpack to 3 GB is never given to zstd."""
    bomb = bytes.fromhex("28b52ffde00000c0b20000000000") + b"\0" * 16
    values = dict(json.loads(record_text(case[1].records[-1])))
    text = json.dumps(values).encode()
    row = layout.Row(16, len(bomb), len(text), hashlib.sha256(bomb).digest())
    body = layout.pack_header() + bomb
    content = body + layout.pack_end(len(body), [row])
    _refused(tmp_path / "b.hmb", content, tmp_path / "out")


def test_newer_and_foreign_files_are_named(case, tmp_path):
    content, _ = case
    path = tmp_path / "b.hmb"
    for damaged, words in (
        (content[:8] + struct.pack("<I", 2) + content[12:], "version 2. Read it with"),
        (b"PK\3\4" + content[4:], "Expected a bundle"),
        (b"", "Expected a bundle"),
        (content.replace(b"\r\n", b"\n"), "Expected a bundle"),
        (content[:-1], "cut off"),
    ):
        path.write_bytes(damaged)
        with pytest.raises(BundleError, match=words):
            Bundle(path)


def test_damaged_updates_are_refused(case):
    content = case[0]
    base = content[: len(content) // 2]
    update = make_update(base, content)
    packed = update.pack()
    assert parse_update(packed).apply(base) == content
    rng = np.random.default_rng(3)
    for i in range(300):
        change = (_flip, _truncate, _grow)[i % 3]
        damaged = change(rng, packed)
        with pytest.raises(BundleError):
            parse_update(damaged).apply(base)
    for lie in (
        {"target_size": 2**62},
        {"target_size": 7},
        {"target_sha256": bytes(32)},
    ):
        with pytest.raises(BundleError):
            parse_update(dataclasses.replace(update, **lie).pack()).apply(base)
