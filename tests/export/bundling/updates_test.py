import hashlib
import io
import json
import shutil
import subprocess
import zipfile

import pytest

from hypermask_tf.export.bundle_reader import Bundle, BundleError, apply_update, frames
from hypermask_tf.export.bundle_reader.archive import pack_archive, unpack_archive
from hypermask_tf.export.bundle_reader.frames import pack_frame
from hypermask_tf.export.bundle_reader.update import updated
from hypermask_tf.export.bundling.writer import make_bundle, make_update
from tests.export.bundling.sealed import opened_up, sealed


@pytest.fixture(scope="module")
def update(growing):
    """From the bundle of two files to that of four."""
    return make_update(growing[1], growing[3])


def _why(bundle, update):
    with pytest.raises(BundleError) as caught:
        updated(bundle, update)
    return str(caught.value)


def test_an_update_gives_exactly_the_newer_bundle(growing, update, tmp_path):
    old, out = tmp_path / "old.hmb", tmp_path / "out.hmb"
    old.write_bytes(growing[1].content)
    (tmp_path / "u.hmu").write_bytes(update)
    assert apply_update(old, tmp_path / "u.hmu", out) == out
    assert out.read_bytes() == growing[3].content
    assert old.read_bytes() == growing[1].content
    assert apply_update(old, tmp_path / "u.hmu") == old
    assert old.read_bytes() == growing[3].content
    with pytest.raises(BundleError, match="already applied"):
        apply_update(old, tmp_path / "u.hmu")
    assert old.read_bytes() == growing[3].content


def test_an_added_task_costs_what_was_appended(growing):
    appended = sum(len(member.frame) for member in growing[5].members[-2:])
    assert len(make_update(growing[4], growing[5])) < appended + 900


def test_a_changed_task_costs_itself(small, ten_tasks):
    files = [small.tasks(1, seed=seed)[0].content for seed in (1, 2)]
    old, new = (
        make_bundle([*ten_tasks[:3], small.source(3, file)])[0] for file in files
    )
    update = make_update(old, new)
    assert updated(old, update).content == new.content
    assert len(update) < len(files[1]) + 1500 < len(new.content)


def test_files_that_change_a_little_cost_a_little(small, ten_tasks):
    """As those of earlier tasks do where they are not protected exactly."""

    def moved(content):
        changed = bytearray(content)
        changed[len(content) // 2] ^= 1
        return bytes(changed)

    files = [moved(source.content) for source in ten_tasks]
    new, _ = make_bundle([small.source(i, file) for i, file in enumerate(files)])
    old, _ = make_bundle(ten_tasks[:9])
    update = make_update(old, new)
    assert updated(old, update).content == new.content
    assert len(update) < len(files[9]) + 9 * 500 < 0.5 * len(new.content)


def test_a_bundle_that_loses_files(growing):
    update = make_update(growing[5], growing[1])
    assert updated(growing[5], update).content == growing[1].content
    assert len(update) < 1000


def test_frames_of_another_zstd_are_kept(ten_tasks, growing, update, monkeypatch):
    """What a bundle is does not depend on how its files are compressed."""
    monkeypatch.setattr(frames, "LEVEL", 3)
    other, _ = make_bundle(ten_tasks[:2])
    assert other.content != growing[1].content
    newer = updated(other, update)
    assert newer.members[:4] == other.members
    assert [newer.read(s.file) for s in ten_tasks[:4]] == [
        source.content for source in ten_tasks[:4]
    ]
    assert "already applied" in _why(newer, update)


def test_each_state_of_a_bundle_has_its_own_message(growing, update):
    """It is told from the bundle alone, which keeps what it was."""
    said = [_why(growing[i], update) for i in (0, 2, 3, 4, 5)]
    behind, between, applied, newer, newest = said
    assert len(set(said)) == 5
    assert "after updates that it lacks" in behind
    assert "belongs to the first 2 of the 3 files" in between
    assert "already applied" in applied
    assert "older than the bundle: it leads to the first 4 of the 5 files" in newer
    assert "first 4 of the 6 files" in newest


def test_a_foreign_bundle_is_told_so(ten_tasks, update):
    foreign, _ = make_bundle(ten_tasks[7:])
    assert "belongs to another bundle" in _why(foreign, update)


def test_what_is_no_bundle_or_damaged_is_told_so(growing, update, tmp_path):
    base = growing[1].content
    damaged = base[:200] + bytes([base[200] ^ 1]) + base[201:]
    (tmp_path / "u.hmu").write_bytes(update)
    for content, words in (
        (update, "Received: 'hypermask update'"),
        (b"", "Expected a bundle"),
        (base[:-1], "damaged"),
        (damaged, "damaged"),
    ):
        (tmp_path / "b.hmb").write_bytes(content)
        with pytest.raises(BundleError, match=words):
            apply_update(tmp_path / "b.hmb", tmp_path / "u.hmu")
        assert (tmp_path / "b.hmb").read_bytes() == content
    assert "Received: 'hypermask bundle'" in _why(growing[1], base)


def test_damaged_bundles_make_no_update(growing):
    entries = opened_up(growing[1].members)
    entries[2][0]["sha256"] = "ab" * 32
    damaged = Bundle(sealed(entries))
    for pair in ((damaged, growing[1]), (growing[1], damaged)):
        with pytest.raises(BundleError, match=r"task_01\.tflite differs"):
            make_update(*pair)


def test_updates_that_lie_are_refused(growing, update):
    members, values = unpack_archive("update", update)
    base, target, entries = values["base"], values["target"], values["members"]
    for lie in (
        {"base": {**base, "files": 3}},
        {"base": None},
        {"base": [base]},
        {"target": {**target, "files": 3}},
        {"target": {**target, "sha256": 64 * "0"}},
        {"target": None},
        *({"keep": keep} for keep in (None, True, 2.0, -1, 1, 3, 2**70, "2", [2])),
        *({"members": listed} for listed in (None, {}, [], [1], entries[1:], "ab")),
        {"members": [{**entries[0], "name": "../a.tflite"}, *entries[1:]]},
        {"members": [{**entries[0], "size": 2**40}, *entries[1:]]},
        {"members": [{**entries[0], "size": entries[0]["size"] + 1}, *entries[1:]]},
        {"members": [{**entries[0], "bases": 3}, *entries[1:]]},
        {"members": [{**entries[0], "more": 3}, *entries[1:]]},
        {"members": [*entries, *entries]},
    ):
        lying = pack_archive("update", members, {**values, **lie})
        assert len(_why(growing[1], lying)) > 30, lie
    other = {"patch.zst": members["patch.zst"], "more": b""}
    for wrong in ({}, {"patch": members["patch.zst"]}, other):
        lying = pack_archive("update", wrong, values)
        assert "Expected patch.zst" in _why(growing[1], lying)
    joined = growing[3].joined()[len(growing[1].joined()) :]
    for size, words in ((1, "zstd frame"), (0, "task_02.tflite differs")):
        patch = pack_frame(joined[: len(joined) - size][::-1])
        lying = pack_archive("update", {"patch.zst": patch}, values)
        assert words in _why(growing[1], lying)


@pytest.mark.skipif(shutil.which("zstd") is None, reason="no zstd command here")
def test_the_public_tools_apply_it_too(growing, update, tmp_path):
    (tmp_path / "known").write_bytes(growing[1].joined())
    with zipfile.ZipFile(io.BytesIO(update)) as opened:
        opened.extractall(tmp_path)
    command = ["zstd", "-q", "-d", "--patch-from=known", "patch.zst", "-o", "new"]
    subprocess.run(command, cwd=tmp_path, check=True)
    added = growing[3].joined()[len(growing[1].joined()) :]
    assert (tmp_path / "new").read_bytes() == added
    said = json.loads((tmp_path / "manifest.json").read_text())
    assert said["keep"] == said["base"]["files"] == 2 and said["target"]["files"] == 4
    sums = "".join(  # as sha256sum prints them
        f"{hashlib.sha256(growing[3].read(member.name)).hexdigest()}  {member.name}\n"
        for member in growing[3].members
    )
    assert said["target"]["sha256"] == hashlib.sha256(sums.encode()).hexdigest()
