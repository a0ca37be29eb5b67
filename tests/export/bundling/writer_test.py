import hashlib
import json
import shutil
import subprocess
import zipfile

import pytest

from hypermask_tf.export.bundle_reader import Bundle, BundleError, archive, member
from hypermask_tf.export.bundling import writer
from hypermask_tf.export.bundling.writer import make_bundle


def test_ten_tasks_come_out_byte_for_byte(ten, ten_tasks):
    ten.verify()
    assert ten.files == [source.file for source in ten_tasks]
    for source in ten_tasks:
        content = ten.read(source.file)
        assert content == source.content
        assert ten.member(source.file).sha256 == hashlib.sha256(content).hexdigest()
        assert ten.read(source.file.replace(".tflite", ".json")) == source.text
        assert ten.sidecar(source.file) == json.loads(source.text)


@pytest.mark.parametrize("name", ["mlp", "conv_net", "depthwise_net"])
def test_files_of_the_converter_come_out_byte_for_byte(converted, small, name):
    sources = [
        small.source(0, content, f"{name}.{kind}.tflite")
        for kind, content in converted[name].files.items()
    ]
    bundle, _ = make_bundle(sources)
    for source in sources:
        assert bundle.read(source.file) == source.content


def test_order_of_files_and_nothing_else_decides_the_bytes(ten_tasks, growing):
    assert make_bundle(ten_tasks[:3])[0].content == growing[2].content
    other, _ = make_bundle(ten_tasks[2::-1])
    assert other.content != growing[2].content


def test_add_gives_what_create_gives_and_only_appends(ten_tasks, growing):
    bundle = growing[0]
    for count in range(2, 5):
        before = bundle.content
        bundle, added = make_bundle(ten_tasks[:count], bundle)
        assert added == [ten_tasks[count - 1].file]
        assert bundle.content == growing[count - 1].content
        end = before.index(b"manifest.json") - 30  # where its local header begins
        assert before[end:].startswith(b"PK\3\4")
        assert bundle.content.startswith(before[:end])


def test_adding_what_is_there_changes_nothing(ten, ten_tasks):
    bundle, added = make_bundle(ten_tasks[3:5], ten)
    assert added == [] and bundle.content == ten.content


def test_what_is_in_a_bundle_never_changes(ten, ten_tasks, small):
    other = small.source(3, ten_tasks[4].content)
    with pytest.raises(ValueError, match=r"holds another task_03\.tflite"):
        make_bundle([other], ten)


def test_one_name_twice_is_refused(ten_tasks):
    with pytest.raises(ValueError, match=r"task_00\.tflite twice"):
        make_bundle([ten_tasks[0], ten_tasks[0]])


@pytest.mark.parametrize(
    ("module", "limit"),
    [
        (member, "MAX_FILE_BYTES"),
        (member, "MAX_JSON_BYTES"),
        (member, "MAX_TOTAL_BYTES"),
        (archive, "MAX_BYTES"),
    ],
)
def test_limits_of_the_reader_hold_for_the_writer(
    ten_tasks, monkeypatch, module, limit
):
    monkeypatch.setattr(module, limit, 100)
    with pytest.raises(ValueError, match="do not fit a bundle") as caught:
        make_bundle(ten_tasks[:1])
    assert not isinstance(caught.value, BundleError)  # which would be status 1


def test_tasks_that_share_cost_less(ten):
    """Half of the units come from a common base, of which later tasks find more."""
    costs = [len(m.frame) for m in ten.members[::2]]
    assert costs[-1] < 0.9 * costs[0]
    assert [m.bases for m in ten.members[::2]] == list(range(10))


def test_dictionaries_are_the_first_files_that_fit(ten, ten_tasks, monkeypatch):
    """So the files that another one needs need no more than the same ones."""
    two = sum(len(source.content) for source in ten_tasks[:2])
    monkeypatch.setattr(writer, "MAX_DICTIONARY_BYTES", two)
    bundle, _ = make_bundle(ten_tasks)
    assert [m.bases for m in bundle.members[::2]] == [0, 1, *[2] * 8]
    assert [bundle.read(s.file) for s in ten_tasks] == [s.content for s in ten_tasks]


def test_what_a_dictionary_does_not_help_has_none(small):
    names = "ab"
    sources = [small.source(i, bytes([i]) * 999, f"{names[i]}.tflite") for i in (0, 1)]
    bundle, _ = make_bundle(sources)
    assert [m.bases for m in bundle.members[::2]] == [0, 0]


def test_a_wrong_bundle_is_not_given_out(ten_tasks, monkeypatch):
    monkeypatch.setattr(Bundle, "read", lambda self, name: b"other")
    with pytest.raises(RuntimeError, match="give back"):
        make_bundle(ten_tasks[:1])


@pytest.mark.skipif(shutil.which("zstd") is None, reason="no zstd command here")
def test_public_tools_open_it(ten, ten_tasks, tmp_path):
    (tmp_path / "b.hmb").write_bytes(ten.content)
    with zipfile.ZipFile(tmp_path / "b.hmb") as archive:
        archive.extractall(tmp_path)
    said = json.loads((tmp_path / "manifest.json").read_text())["members"]
    said = [entry for entry in said if entry["name"].endswith(".tflite")]
    for number, entry in enumerate(said):
        known = b"".join(source.content for source in ten_tasks[: entry["bases"]])
        (tmp_path / "known").write_bytes(known)
        command = ["zstd", "-q", "-d", f"{entry['name']}.zst", "-o", entry["name"]]
        if known:
            command.append("--patch-from=known")
        subprocess.run(command, cwd=tmp_path, check=True)
        content = (tmp_path / entry["name"]).read_bytes()
        assert content == ten_tasks[number].content
