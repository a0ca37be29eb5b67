import json
import os

import pytest

from hypermask_tf.export.bundle_reader import Bundle, BundleError, files
from tests.export.bundling.sealed import entry, opened_up, pair, sealed


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_extract_gives_the_export_folder_again(ten, ten_tasks, small, tmp_path):
    folder = small.save(ten_tasks, tmp_path / "export")
    written = ten.extract(tmp_path / "deep" / "out")
    assert len(written) == 20
    assert _names(folder) == _names(tmp_path / "deep" / "out")
    for path in written:
        assert path.read_bytes() == (folder / path.name).read_bytes()


def test_extract_of_one_file_and_no_silent_overwrite(ten, tmp_path):
    out = tmp_path / "out"
    ten.extract(out, ["task_03.tflite"])
    assert _names(out) == ["task_03.json", "task_03.tflite"]
    (out / "task_03.json").write_text("mine")
    with pytest.raises(FileExistsError, match="--overwrite"):
        ten.extract(out)
    assert _names(out) == ["task_03.json", "task_03.tflite"]
    assert (out / "task_03.json").read_text() == "mine"
    ten.extract(out, overwrite=True)
    assert len(_names(out)) == 20
    assert json.loads((out / "task_03.json").read_text())["task"]["index"] == 3


def test_a_link_in_the_folder_is_replaced_and_not_followed(ten, tmp_path):
    outside, out = tmp_path / "outside", tmp_path / "out"
    outside.write_text("precious")
    out.mkdir()
    os.symlink(outside, out / "task_00.tflite")
    with pytest.raises(FileExistsError):
        ten.extract(out, ["task_00.tflite"])
    ten.extract(out, ["task_00.tflite"], overwrite=True)
    assert outside.read_text() == "precious"
    assert not (out / "task_00.tflite").is_symlink()


def test_of_no_files_none_are_extracted(ten, tmp_path):
    assert ten.extract(tmp_path / "out", []) == []
    assert not (tmp_path / "out").exists()


def test_unknown_names_are_refused(ten, tmp_path):
    words = r"one of: task_00\.tflite, .*'other'"
    with pytest.raises(ValueError, match=words):
        ten.read("other")
    with pytest.raises(ValueError, match=words):
        ten.extract(tmp_path / "out", ["task_00.tflite", "other"])
    assert not (tmp_path / "out").exists()
    with pytest.raises(FileNotFoundError):
        Bundle.open(tmp_path / "none")


def test_files_in_any_order_and_again(ten_tasks, ten):
    bundle = Bundle(ten.content)
    for source in [*ten_tasks[::-1], *ten_tasks[::3]]:
        assert bundle.read(source.file) == source.content


def test_a_wrong_hash_is_told_with_its_file_and_nothing_is_written(ten, tmp_path):
    entries = opened_up(ten.members)
    entries[4][0]["sha256"] = "ab" * 32
    bundle = Bundle(sealed(entries))
    assert bundle.read("task_01.tflite") == ten.read("task_01.tflite")
    for wrong in (
        lambda: bundle.read("task_02.tflite"),
        lambda: bundle.read("task_05.tflite"),  # which needs the other
        lambda: bundle.verify(),
        lambda: bundle.extract(tmp_path / "out"),
    ):
        with pytest.raises(BundleError, match=r"SHA-256 of task_02\.tflite differs"):
            wrong()
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("text", [b"[]", b"{", b"\xff", b"[" * 50_000, b"1" * 5000])
def test_a_json_that_is_no_object(text):
    bundle = Bundle(sealed([pair()[0], entry("a.json", text)]))
    assert bundle.read("a.json") == text
    with pytest.raises(BundleError, match=r"a\.json"):
        bundle.sidecar("a.tflite")


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError("no space left on device")

    files.write_file(tmp_path / "a", b"1")
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644
    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="no space left"):
        files.write_file(tmp_path / "a", b"2")
    assert _names(tmp_path) == ["a"] and (tmp_path / "a").read_bytes() == b"1"
