"""ZIP files of any other form than that of a bundle are refused."""

import hashlib
import io
import json
import struct
import warnings
import zipfile

import pytest

from hypermask_tf.export.bundle_reader import Bundle, BundleError, archive
from hypermask_tf.export.bundle_reader.archive import (
    pack_archive,
    read_file,
    unpack_archive,
)
from tests.export.bundling.sealed import pair, sealed


@pytest.fixture(scope="module")
def content():
    return sealed([*pair("a"), *pair("b")])


def _refused(content, words="cut off or damaged"):
    with pytest.raises(BundleError, match=words):
        Bundle(content)


def _written(content, change=lambda info: None, **options):
    """The same members, written by zipfile in another way."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(file, "w", **options) as new,
    ):
        for info in old.infolist():
            fresh = zipfile.ZipInfo(info.filename)
            fresh.create_system, fresh.external_attr = 3, 0o644 << 16
            change(fresh)
            new.writestr(fresh, old.read(info))
    return file.getvalue()


def test_the_form_is_the_same_wherever_it_is_written():
    """Python's zipfile must write it like this in every version."""
    content = pack_archive("bundle", {"a.zst": b"1234"}, {"members": []})
    expected = "99b4f494ef1ae277ad73d8b411c3fa4411fea2ad936499aef170dc4c8bc12ebc"
    assert hashlib.sha256(content).hexdigest() == expected


def test_other_ways_to_write_the_same_members(content):
    assert _written(content) == content
    changes = {
        "compress_type": zipfile.ZIP_DEFLATED,
        "date_time": (2026, 1, 1, 0, 0, 0),
        "external_attr": 0o120777 << 16,  # a symbolic link
        "create_system": 0,
        "comment": b"more",
        "extra": struct.pack("<HH4s", 0xCAFE, 4, b"more"),
    }
    for key, value in changes.items():
        other = _written(content, lambda info, k=key, v=value: setattr(info, k, v))
        with zipfile.ZipFile(io.BytesIO(other)) as opened:
            assert opened.testzip() is None
        _refused(other)


def test_bytes_that_belong_to_nobody(content):
    directory = content.index(b"PK\1\2")
    second = content.index(b"PK\3\4", 4)
    for at in (0, second, directory, len(content) - 22, len(content)):
        _refused(content[:at] + b"\0" + content[at:], "damaged|Expected a bundle")
    commented = content[:-2] + struct.pack("<H", 4) + b"more"
    with zipfile.ZipFile(io.BytesIO(commented)) as opened:
        assert opened.comment == b"more"
    _refused(commented)
    _refused(content + content)


def test_a_name_that_comes_twice(content):
    file = io.BytesIO(content)
    with warnings.catch_warnings(), zipfile.ZipFile(file, "a") as opened:
        warnings.simplefilter("ignore")
        opened.writestr("a.tflite.zst", b"other")
    _refused(file.getvalue())


def test_names_in_the_directory_that_are_not_those_before_the_members(content):
    at = content.rindex(b"b.tflite.zst")
    _refused(content[:at] + b"c" + content[at + 1 :])


def test_members_over_each_other(content):
    """All entries of the directory name one member: a bomb without compression."""
    directory = content.index(b"PK\1\2")
    entry = content[directory : content.index(b"PK\1\2", directory + 4)]
    count = 4000
    end = struct.pack(
        "<4s4H2IH",
        *(b"PK\5\6", 0, 0, count, count, count * len(entry), directory, 0),
    )
    _refused(content[:directory] + entry * count + end)
    _refused(content[:directory] + entry * 5000 + end, "at most 4097 ZIP members")


def test_a_second_directory_of_zip64(content):
    at = len(content) - 22
    count = content.count(b"PK\1\2")
    size, offset = struct.unpack_from("<2I", content, at + 12)
    record = struct.pack(
        "<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, offset
    )
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, at, 1)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, size, offset, 0)
    other = content[:at] + record + locator + end
    with zipfile.ZipFile(io.BytesIO(other)) as opened:
        assert len(opened.infolist()) == count
    _refused(other)


@pytest.mark.parametrize("name", ["ä.tflite.zst", "a\0b.zst", "Ç" * 40_000])
def test_names_that_zip_writes_in_another_way(name):
    raw = name.encode("cp437", "replace")
    header = struct.pack("<5H3I2H", 20, 0, 0, 0, 33, 0, 0, 0, len(raw), 0)
    local = b"PK\3\4" + header + raw
    entry = b"PK\1\2" + struct.pack("<H", 20) + header + bytes(14) + raw
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, len(entry), len(local), 0)
    _refused(local + entry + end)


def test_encrypted_and_unknown_members(content):
    for offset, value in ((6, 1), (6, 0x20), (6, 0x41), (8, 8), (8, 14), (8, 93)):
        damaged = bytearray(content)
        directory = content.index(b"PK\1\2")
        damaged[offset] = damaged[directory + offset + 2] = value
        _refused(bytes(damaged))
    damaged = bytearray(content)
    damaged[content.index(b"PK\1\2") + 6] = 99  # made for ZIP of version 9.9
    _refused(bytes(damaged))


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"7", b"{", b"\xff", b"[" * 99_999, b"1" * 5000, b"{}"]
)
def test_manifests_that_are_none(text):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        opened.writestr("manifest.json", text)
    _refused(file.getvalue(), "damaged|Expected a hypermask bundle")


def test_a_manifest_that_is_spaced_otherwise(content):
    def spaced(old):
        said = json.loads(old)
        return json.dumps(said, indent=1).encode()

    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(file, "w") as new,
    ):
        for info in old.infolist():
            text = old.read(info)
            new.writestr(info, spaced(text) if "manifest" in info.filename else text)
    _refused(file.getvalue())


def test_older_newer_and_foreign_files_are_named(content):
    older = "an older release. Make it anew from the run folder"
    _refused(b"\x8dHMB\r\n\x1a\n" + bytes(99), f"a bundle of version 1, .*{older}")
    _refused(b"\x8dHMU\r\n\x1a\n" + bytes(99), f"an update of version 1, .*{older}")
    _refused(b"\x1c\0\0\0TFL3" + bytes(9), "Received: a .tflite file")
    _refused(b"", "Expected a bundle, which is a ZIP file")
    _refused(content.replace(b"\n", b"\r\n") + b"\r\n")
    with pytest.raises(BundleError, match="a hypermask update of version 2"):
        unpack_archive("update", content)
    newer = content.replace(b'"version":2', b'"version":3')
    crcs = [struct.pack("<I", info) for info in _manifest_crcs(content, newer)]
    newer = newer.replace(*crcs)
    _refused(newer, "'hypermask bundle' of version 3. Is it for a newer copy")


def _manifest_crcs(old, new):
    """The CRC-32 of the manifest, before and after it was changed."""
    for content in (old, new):
        at = content.index(b'{"format"')
        yield zipfile.crc32(content[at : content.index(b"PK\1\2")])


def test_files_that_are_too_long(content, tmp_path, monkeypatch):
    (tmp_path / "b").write_bytes(content)
    monkeypatch.setattr(archive, "MAX_BYTES", len(content))
    assert read_file(tmp_path / "b") == content
    monkeypatch.setattr(archive, "MAX_BYTES", len(content) - 1)
    for read in (lambda: read_file(tmp_path / "b"), lambda: Bundle(content)):
        with pytest.raises(BundleError, match=f"Received: {len(content)}"):
            read()


def test_members_that_are_too_many(content, monkeypatch):
    monkeypatch.setattr(archive, "MAX_MEMBERS", 5)
    Bundle(content)
    monkeypatch.setattr(archive, "MAX_MEMBERS", 4)
    _refused(content, "at most 4 ZIP members")
