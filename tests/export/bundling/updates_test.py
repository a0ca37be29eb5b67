import shutil
import subprocess

import pytest

from hypermask_tf.export.bundle_reader import (
    Bundle,
    BundleError,
    apply_update,
    parse_update,
)
from hypermask_tf.export.bundling.updates import make_update, write_update
from hypermask_tf.export.bundling.writer import bundle_bytes


@pytest.fixture
def bundles(ten_tasks, tmp_path):
    """An older and a newer bundle."""
    old, new = tmp_path / "old.hmb", tmp_path / "new.hmb"
    old.write_bytes(bundle_bytes(ten_tasks[:5]))
    new.write_bytes(bundle_bytes(ten_tasks[:6]))
    return old, new


def test_an_update_gives_exactly_the_newer_bundle(bundles, tmp_path):
    old, new = bundles
    size = write_update(tmp_path / "u.hmu", old, new)
    assert size == (tmp_path / "u.hmu").stat().st_size
    apply_update(old, tmp_path / "u.hmu", tmp_path / "out.hmb")
    assert (tmp_path / "out.hmb").read_bytes() == new.read_bytes()
    assert old.read_bytes() != new.read_bytes()
    assert apply_update(old, tmp_path / "u.hmu") == old
    assert old.read_bytes() == new.read_bytes()


def test_an_added_task_costs_what_was_appended(bundles):
    old, new = (path.read_bytes() for path in bundles)
    with Bundle(bundles[0]) as before, Bundle(bundles[1]) as after:
        appended = len(after.body()) - len(before.body())
    assert len(make_update(old, new).pack()) < appended + 500


def test_a_changed_task_costs_itself(small, ten_tasks):
    weights = [small.tasks(1, seed=seed)[0] for seed in (1, 2)]
    old = bundle_bytes([*ten_tasks[:3], small.source(3, weights[0].content)])
    new = bundle_bytes([*ten_tasks[:3], small.source(3, weights[1].content)])
    update = make_update(old, new)
    assert update.apply(old) == new
    assert len(update.pack()) < len(weights[1].content) + 1000 < len(new)


def test_a_wrong_base_is_refused_and_stays(bundles, ten_tasks, tmp_path):
    old, new = bundles
    write_update(tmp_path / "u.hmu", old, new)
    before = new.read_bytes()
    foreign = tmp_path / "foreign.hmb"
    foreign.write_bytes(bundle_bytes(ten_tasks[7:]))
    with pytest.raises(BundleError, match="already applied"):
        apply_update(new, tmp_path / "u.hmu")
    with pytest.raises(BundleError, match="belongs to another bundle"):
        apply_update(foreign, tmp_path / "u.hmu")
    assert new.read_bytes() == before


def _why(bundle, update):
    with pytest.raises(BundleError) as caught:
        update.apply(bundle)
    return str(caught.value)


def test_each_state_of_a_bundle_has_its_own_message(ten_tasks):
    """It is told from the bundle alone, which keeps what it was."""
    states = [bundle_bytes(ten_tasks[:count]) for count in range(1, 7)]
    update = make_update(states[1], states[3])
    said = [_why(states[i], update) for i in (0, 2, 3, 4, 5)]
    behind, between, applied, newer, newest = said
    assert len(set(said)) == 5
    assert "after updates that it lacks" in behind
    assert "belongs to the first 2 of the 3 files" in between
    assert "already applied" in applied
    assert "older than the bundle: it leads to the first 4 of the 5 files" in newer
    assert "first 4 of the 6 files" in newest


def test_what_is_no_bundle_or_damaged_is_told_so(bundles, ten_tasks):
    old, new = (path.read_bytes() for path in bundles)
    update = make_update(old, new)
    assert "Received: an update" in _why(update.pack(), update)
    assert "Received: a .tflite file" in _why(ten_tasks[0].content, update)
    assert "Expected a bundle" in _why(b"", update)
    assert "cut off" in _why(old[:-1], update)
    for place in (30, len(old) // 2, len(old) - 70):
        damaged = bytearray(old)
        damaged[place] ^= 1
        assert "damaged" in _why(bytes(damaged), update)
    with pytest.raises(BundleError, match="Received: a bundle"):
        parse_update(old)


def test_a_newer_update_and_a_bundle_are_refused(bundles):
    old, new = (path.read_bytes() for path in bundles)
    packed = make_update(old, new).pack()
    newer = packed[:8] + b"\2\0\0\0" + packed[12:]
    with pytest.raises(BundleError, match=r"version 2\. Apply it with a newer"):
        parse_update(newer)
    for foreign in (old, b"", packed[:100]):
        with pytest.raises(BundleError, match="Expected an update"):
            parse_update(foreign)


@pytest.mark.parametrize("damaged", [0, 1])
def test_damaged_bundles_make_no_update(bundles, tmp_path, damaged):
    old, new = bundles
    content = bytearray(bundles[damaged].read_bytes())
    content[30] ^= 1  # in the first part, which opening does not read
    bundles[damaged].write_bytes(content)
    with pytest.raises(BundleError):
        write_update(tmp_path / "u.hmu", old, new)
    assert not (tmp_path / "u.hmu").exists()


def test_an_existing_update_is_kept(bundles, tmp_path):
    (tmp_path / "u.hmu").write_text("mine")
    with pytest.raises(FileExistsError, match="--overwrite"):
        write_update(tmp_path / "u.hmu", *bundles)
    assert (tmp_path / "u.hmu").read_text() == "mine"
    write_update(tmp_path / "u.hmu", *bundles, overwrite=True)


@pytest.mark.skipif(shutil.which("zstd") is None, reason="no zstd command here")
def test_the_public_zstd_applies_the_patch_too(bundles, tmp_path):
    old, new = bundles
    update = make_update(old.read_bytes(), new.read_bytes())
    (tmp_path / "patch.zst").write_bytes(update.patch)
    command = ["zstd", "-q", "-d", f"--patch-from={old}", tmp_path / "patch.zst"]
    subprocess.run([*command, "-o", tmp_path / "out.hmb"], check=True)
    assert (tmp_path / "out.hmb").read_bytes() == new.read_bytes()
