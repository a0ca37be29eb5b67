import json
import os
import socket
import sys
import time

import numpy as np
import pytest

from hypermask_tf.scenarios import from_tfds, permuted_mnist, split_mnist
from hypermask_tf.scenarios.tfds_arrays import find_prepared, load_tfds, tfds_data_dir


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("contacted the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.parametrize(
    "build",
    [
        lambda **k: from_tfds("mnist", 2, **k),
        lambda **k: from_tfds("no_such_data_set", 2, **k),
        lambda **k: from_tfds("emnist/letters:9.9.9", 2, **k),
        split_mnist,
        permuted_mnist,
    ],
)
def test_missing_data_set_fails_at_once(build, tmp_path, no_network):
    start = time.monotonic()
    with pytest.raises(FileNotFoundError) as error:
        build(data_dir=tmp_path)
    assert time.monotonic() - start < 5
    assert str(tmp_path) in str(error.value)
    assert 'python -c "import tensorflow_datasets as tfds; tfds.load(' in str(
        error.value
    )
    assert "--download" in str(error.value)
    assert os.listdir(tmp_path) == []


def test_folder_defaults_to_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    assert tfds_data_dir() == tmp_path
    assert tfds_data_dir("elsewhere").name == "elsewhere"
    with pytest.raises(FileNotFoundError, match=str(tmp_path)):
        split_mnist()
    monkeypatch.delenv("TFDS_DATA_DIR")
    assert tfds_data_dir().name == "tensorflow_datasets"


def test_newest_prepared_version_is_found(tmp_path):
    for folder in (
        "toy/3.9.0",
        "toy/3.10.0",
        "toy/3.11.0.incompleteXY",
        "toy/big/1.0.0",
    ):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "dataset_info.json").touch()
    (tmp_path / "toy/4.0.0").mkdir()  # without information: not prepared
    assert find_prepared("toy", tmp_path) == tmp_path / "toy/3.10.0"
    assert find_prepared("toy:3.9.0", tmp_path) == tmp_path / "toy/3.9.0"
    assert find_prepared("toy/big", tmp_path) == tmp_path / "toy/big/1.0.0"
    assert find_prepared("toy:4.0.0", tmp_path) is None


def test_missing_library_is_named(monkeypatch):
    monkeypatch.delitem(sys.modules, "tensorflow_datasets", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImportError, match="pip install tensorflow-datasets"):
        from_tfds("mnist", 2)


def test_prepared_data_set_is_read_without_network(require_dataset, no_network):
    require_dataset("mnist")
    scenario = from_tfds("mnist", [4, 6], seed=1, validation_size=0.5, std=0.5)
    assert scenario.name == "tfds:mnist"
    assert [task.num_classes for task in scenario] == [4, 6]
    assert scenario.preprocessing["scale"] == pytest.approx(2 / 255)
    config = json.loads(json.dumps(scenario.get_config()))
    assert from_tfds(**config).manifest() == scenario.manifest()


def test_raw_arrays_are_read_once(require_dataset):
    require_dataset("mnist")
    first = load_tfds("mnist")
    assert load_tfds("mnist") is first
    assert first.x_train.dtype == np.uint8
    assert first.x_train.shape == (60_000, 28, 28, 1)


def test_unknown_split_is_named(require_dataset):
    require_dataset("mnist")
    with pytest.raises(ValueError, match=r"\['test', 'train'\].*\['valid'\]"):
        from_tfds("mnist", 2, test_split="valid")
