"""Data sets kept as arrays, for machines that cannot read those of TFDS."""

from pathlib import Path

import numpy as np
import pytest

from hypermask_tf.scenarios import from_tfds, tfds_arrays, to_npz
from hypermask_tf.scenarios.npz_arrays import npz_path
from hypermask_tf.scenarios.raw_data import RawData

NAMES = [f"kind {label}" for label in range(14)]


@pytest.fixture
def written(tmp_path, small_data, monkeypatch):
    """A folder with a data set that was prepared once, and is no more."""
    with monkeypatch.context() as patch:
        patch.setattr(
            tfds_arrays, "find_prepared", lambda *_: Path("somewhere/toy/2.1.0")
        )
        data = RawData.from_arrays(**small_data, class_names=NAMES)
        patch.setattr(tfds_arrays, "_read", lambda *_: data)
        # Were TFDS asked, it would not be here.
        patch.setattr("importlib.util.find_spec", lambda name: True)
        path = to_npz("toy", tmp_path)
    assert path == npz_path("toy", tmp_path) and path.is_file()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    return path


def test_a_scenario_reads_them_without_tfds(written, small_data):
    scenario = from_tfds("toy", 2, data_dir=written.parent, validation_size=0)
    assert [list(task.classes) for task in scenario] == [[2, 3], [5, 7], [11, 13]]
    assert list(scenario[1].class_names) == ["kind 5", "kind 7"]
    x, y = scenario[2].test
    own = np.isin(small_data["y_test"], [11, 13])
    raw = small_data["x_test"][own].astype("float32") / 255
    np.testing.assert_allclose(x, raw, rtol=1e-6)
    np.testing.assert_array_equal(y, (small_data["y_test"][own] == 13).astype(int))


def test_they_are_read_once_and_again_when_they_changed(written):
    first = tfds_arrays.load_tfds("toy", written.parent)
    assert tfds_arrays.load_tfds("toy", written.parent) is first
    with np.load(written) as kept:
        arrays = dict(kept)
    arrays["x_train"] = arrays["x_train"] + 1
    np.savez(written, **arrays)
    again = tfds_arrays.load_tfds("toy", written.parent)
    assert (again.x_train == first.x_train + 1).all()


def test_another_version_or_split_is_not_what_was_asked_for(written):
    assert tfds_arrays.load_tfds("toy:2.1.0", written.parent) is not None
    for name, splits in (("toy:3.0.0", {}), ("toy", {"test_split": "valid"})):
        with pytest.raises(ImportError, match=r"to_npz\('toy"):
            tfds_arrays.load_tfds(name, written.parent, **splits)


def test_a_file_of_something_else_is_told(written):
    whole = written.read_bytes()
    written.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="as `to_npz` writes them"):
        tfds_arrays.load_tfds("toy", written.parent)
    np.savez(written, x_train=np.zeros(3))
    with pytest.raises(ValueError, match="y_train"):
        tfds_arrays.load_tfds("toy", written.parent)
    # Never unpickled, whatever is in it.
    objects = dict.fromkeys(("x_train", "y_train", "x_test", "y_test"), np.array([{}]))
    np.savez(written, **objects)
    with pytest.raises(ValueError, match="Python objects"):
        tfds_arrays.load_tfds("toy", written.parent)
