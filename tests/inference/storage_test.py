"""Files of statistics."""

import numpy as np
import pytest

from hypermask_tf import inference
from hypermask_tf.inference import FixedFeatures, TaskNetworks


@pytest.mark.parametrize("name", inference.NAMES)
def test_round_trip(methods, networks, x, tmp_path, name):
    path = tmp_path / "method.npz"
    methods[name].save(path)
    assert [p.name for p in tmp_path.iterdir()] == ["method.npz"]
    with np.load(path, allow_pickle=False) as file:
        assert all(file[key].dtype != object for key in file.files)
    loaded = inference.load(path, networks)
    assert loaded.get_config() == methods[name].get_config()
    wanted = methods[name].predict(x)
    np.testing.assert_array_equal(loaded.predict(x).posterior, wanted.posterior)
    np.testing.assert_array_equal(loaded.predict(x).confidence, wanted.confidence)


def test_a_damaged_file_is_refused(methods, networks, tmp_path):
    path = tmp_path / "method.npz"
    methods["density"].save(path)
    whole = path.read_bytes()
    middle = len(whole) // 2
    changed = bytes([whole[middle] ^ 255])
    for content in (
        b"",
        b"not a file of arrays",
        whole[:middle],
        whole[:middle] + changed + whole[middle + 1 :],
    ):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="damaged"):
            inference.load(path, networks)


def test_a_pickle_is_refused(networks, tmp_path):
    path = tmp_path / "method.npz"
    np.savez(path, head=np.array([{"version": 1}], dtype=object))
    with pytest.raises(ValueError, match="damaged"):
        inference.load(path, networks)


def test_statistics_of_other_networks_are_refused(methods, learner, tmp_path):
    path = tmp_path / "method.npz"
    methods["density"].save(path)
    for other in (
        TaskNetworks(learner, classes=[3, 3, 2]),
        TaskNetworks(learner, shared=FixedFeatures(dims=32)),
    ):
        with pytest.raises(ValueError, match="same classes and shared features"):
            inference.load(path, other)


def test_another_version_is_refused(methods, networks, tmp_path, monkeypatch):
    path = tmp_path / "method.npz"
    monkeypatch.setattr(inference.storage, "VERSION", 99)
    methods["entropy"].save(path)
    monkeypatch.undo()
    with pytest.raises(ValueError, match="version 99"):
        inference.load(path, networks)


def test_other_endings_and_missing_files(methods, networks, tmp_path):
    with pytest.raises(ValueError, match="npz"):
        methods["entropy"].save(tmp_path / "method.pkl")
    with pytest.raises(FileNotFoundError):
        inference.load(tmp_path / "none.npz", networks)
