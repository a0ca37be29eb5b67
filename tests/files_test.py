"""Files that are either whole or not there."""

import gc

import numpy as np
import pytest

from hypermask_tf import files


def test_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    files.write_text(path, "old")
    with pytest.raises(RuntimeError), files.replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_json_refuses_nan_and_keeps_the_old_file(tmp_path):
    path = tmp_path / "a.json"
    files.write_json(path, {"x": 1})
    with pytest.raises(ValueError, match="JSON compliant"):
        files.write_json(path, {"x": float("nan")})
    assert '"x": 1' in path.read_text()


def test_temporary_name_keeps_the_suffix(tmp_path):
    with files.replacing(tmp_path / "m.keras") as temporary:
        assert temporary.suffix == ".keras"
        assert temporary.parent == tmp_path


def test_sha256_of_known_bytes(tmp_path):
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    assert files.sha256(path).startswith("ba7816bf8f01cfea")


def test_arrays_come_back_whole(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.arange(3), name=np.array("it"))
    arrays = files.read_arrays(tmp_path / "a.npz")
    assert sorted(arrays) == ["name", "x"]
    np.testing.assert_array_equal(arrays["x"], [0, 1, 2])


def _one_array(path):
    with path.open("wb") as file:
        np.save(file, np.zeros(3))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-40]), "not a zip"),
        (lambda path: path.write_bytes(b""), "No data left"),
        (lambda path: path.write_bytes(b"PK\x03\x04 and no more"), "not a zip"),
        (_one_array, "one array"),
        (lambda path: np.savez(path, x=np.array([{}])), "Python objects"),
    ],
)
def test_arrays_that_cannot_be_read_are_told_and_closed(tmp_path, damage, why):
    path = tmp_path / "a.npz"
    np.savez(path, x=np.arange(1000))
    damage(path)
    with pytest.raises(ValueError, match=why):
        files.read_arrays(path)
    # A file left open warns when it is collected.
    gc.collect()
