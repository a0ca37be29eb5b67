"""Files of statistics."""

import numpy as np
import pytest

from hypermask_tf import inference
from hypermask_tf.inference import FixedFeatures, TaskNetworks
from tests.hypermask import builders
from tests.inference.conftest import fitted


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


@pytest.mark.parametrize("name", ["entropy", "max_softmax", "energy"])
def test_arguments_come_back(networks, tmp_path, name):
    method = fitted(name, networks, temperature=True)
    method.save(tmp_path / "method.npz")
    loaded = inference.load(tmp_path / "method.npz", networks)
    assert loaded.get_config() == {"temperature": True} and loaded.needs_fit
    x = builders.data(1, 96)[0]
    wanted = method.predict(x).posterior
    np.testing.assert_array_equal(loaded.predict(x).posterior, wanted)
    plain = fitted(name, networks).predict(x).posterior
    assert np.abs(plain - wanted).max() > 1e-4


def test_a_file_is_read_with_the_networks_of_more_or_fewer_tasks(learner, tmp_path):
    path = tmp_path / "method.npz"
    two = TaskNetworks(learner, 2)
    method = fitted("density", two)
    method.save(path)
    for count in (1, 2, 3):
        loaded = inference.load(path, TaskNetworks(learner, count))
        assert len(loaded.statistics) == 2
    loaded.fit(2, *builders.data(2, 96))
    x = builders.data(2, 99)[0]
    assert np.mean(loaded.predict(x).task == 2) > 0.9


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
