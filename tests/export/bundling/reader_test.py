import json
import os

import pytest

from hypermask_tf.export.bundle_reader import Bundle, BundleError
from hypermask_tf.export.bundle_reader.files import sidecar_text, write_files
from hypermask_tf.export.bundle_reader.parts import decode_parts
from hypermask_tf.export.sidecar import write_json
from tests.export.bundling.sealed import part, record, sealed


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_extract_gives_the_export_folder_again(bundle_path, ten_tasks, small, tmp_path):
    folder = small.save(ten_tasks, tmp_path / "export")
    with Bundle(bundle_path) as bundle:
        written = bundle.extract(tmp_path / "deep" / "out")
    assert len(written) == 20
    assert _names(folder) == _names(tmp_path / "deep" / "out")
    for path in written:
        assert path.read_bytes() == (folder / path.name).read_bytes()


def test_extract_of_one_file_and_no_silent_overwrite(bundle_path, tmp_path):
    out = tmp_path / "out"
    with Bundle(bundle_path) as bundle:
        bundle.extract(out, ["task_03.tflite"])
        assert _names(out) == ["task_03.json", "task_03.tflite"]
        (out / "task_03.json").write_text("mine")
        with pytest.raises(FileExistsError, match="--overwrite"):
            bundle.extract(out)
        assert _names(out) == ["task_03.json", "task_03.tflite"]
        assert (out / "task_03.json").read_text() == "mine"
        bundle.extract(out, overwrite=True)
    assert len(_names(out)) == 20
    assert json.loads((out / "task_03.json").read_text())["task"]["index"] == 3


def test_a_link_in_the_folder_is_replaced_and_not_followed(bundle_path, tmp_path):
    outside, out = tmp_path / "outside", tmp_path / "out"
    outside.write_text("precious")
    out.mkdir()
    os.symlink(outside, out / "task_00.tflite")
    with Bundle(bundle_path) as bundle:
        with pytest.raises(FileExistsError):
            bundle.extract(out, ["task_00.tflite"])
        bundle.extract(out, ["task_00.tflite"], overwrite=True)
    assert outside.read_text() == "precious"
    assert not (out / "task_00.tflite").is_symlink()


def test_unknown_names_are_refused(bundle_path):
    words = r"one of: task_00\.tflite, .*'other'"
    with Bundle(bundle_path) as bundle, pytest.raises(ValueError, match=words):
        bundle.read("other")


def test_one_damaged_task_does_not_take_the_others_along(bundle_path, ten_tasks):
    with Bundle(bundle_path) as bundle:
        last = bundle.records[-1].parts[0]
    content = bytearray(bundle_path.read_bytes())
    content[last.offset + 3] ^= 16
    bundle_path.write_bytes(content)
    with Bundle(bundle_path) as bundle:
        for source in ten_tasks[:-1]:
            assert bundle.read(source.file) == source.content
        with pytest.raises(BundleError, match="SHA-256 of part"):
            bundle.read(ten_tasks[-1].file)
        with pytest.raises(BundleError, match="SHA-256 of part"):
            bundle.verify()


def test_a_task_needs_its_own_parts_and_those_they_refer_to(bundle_path):
    with Bundle(bundle_path) as bundle:
        first, last = bundle.records[0], bundle.records[-1]
        with bundle_path.open("rb") as file:
            alone = decode_parts(file, bundle.parts, first.used_parts)
            chain = decode_parts(file, bundle.parts, last.used_parts)
        assert set(alone) == set(first.used_parts)
        assert set(last.used_parts) < set(chain) < set(range(len(bundle.parts)))
        referring = [p for p in bundle.parts if p.dictionary]
        assert referring and all(
            earlier < bundle.parts.index(part)
            for part in referring
            for earlier in part.dictionary
        )


def test_the_file_is_closed_when_it_is_refused(tmp_path):
    (tmp_path / "b").write_bytes(b"no bundle at all")
    with pytest.raises(BundleError):
        Bundle(tmp_path / "b")
    with pytest.raises(FileNotFoundError):
        Bundle(tmp_path / "none")


def test_json_is_spaced_as_the_export_tool_does(ten_tasks, tmp_path):
    write_json(tmp_path / "a.json", ten_tasks[3].sidecar)
    assert (tmp_path / "a.json").read_bytes() == sidecar_text(ten_tasks[3].sidecar)


def test_parts_that_no_file_uses_are_verified_too(tmp_path):
    parts = [part(b"nobody's"), part(b"abcd"), part(b"nobody's too")]
    content = sealed(record(parts, [[1, 0, 4]], b"abcd"))
    path = tmp_path / "b.hmb"
    for number in (0, 2):
        path.write_bytes(content)
        with Bundle(path) as bundle:
            bundle.verify()
            offset = bundle.parts[number].offset
        damaged = bytearray(content)
        damaged[offset] ^= 1
        path.write_bytes(damaged)
        with Bundle(path) as bundle:
            assert bundle.read("task_00.tflite") == b"abcd"
            with pytest.raises(BundleError, match=f"part {number} differs"):
                bundle.verify()
            with pytest.raises(BundleError, match=f"part {number} differs"):
                bundle.body()


def test_of_no_files_none_are_extracted(bundle_path, tmp_path):
    with Bundle(bundle_path) as bundle:
        assert bundle.extract(tmp_path / "out", []) == []
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["../a", "/a", "a/b", "a/", "", ".", ".."])
def test_nothing_is_written_outside_of_the_folder(tmp_path, name):
    folder = tmp_path / "in"
    with pytest.raises(BundleError, match="a plain file name"):
        write_files(folder, {"good": b"1", name: b"2"}, overwrite=True)
    assert list(tmp_path.iterdir()) == []


def test_files_are_whole_and_readable_by_all(tmp_path, monkeypatch):
    write_files(tmp_path, {"a": b"1"}, overwrite=False)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644

    def full(descriptor):
        raise OSError("no space left on device")

    monkeypatch.setattr("hypermask_tf.export.bundle_reader.files.os.fsync", full)
    with pytest.raises(OSError, match="no space left"):
        write_files(tmp_path, {"a": b"2", "b": b"3"}, overwrite=True)
    assert _names(tmp_path) == ["a"] and (tmp_path / "a").read_bytes() == b"1"
