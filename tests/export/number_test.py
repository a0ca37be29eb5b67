"""Tasks of a scenario that predict a number, on their way to files."""

import keras
import numpy as np
import pytest

from hypermask_tf.export.in_unit import in_unit
from hypermask_tf.export.task_data import task_data
from hypermask_tf.export.task_source import scenario_source
from hypermask_tf.scenarios import from_csv, from_npz
from hypermask_tf.scenarios.number import Number


@pytest.fixture
def scenario(tmp_path):
    x = np.random.default_rng(0).normal(size=(40, 3))
    np.savez(tmp_path / "lines.npz", x=x, y=100 + x[:, 0])
    return from_npz(tmp_path / "lines.npz")


def test_a_network_speaks_in_the_unit_of_the_data():
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(1)(inputs))
    x = np.random.default_rng(0).normal(size=(9, 3)).astype("float32")
    number = Number(mean=300.0, std=0.5)
    found = keras.ops.convert_to_numpy(in_unit(model, number)(x))
    expected = number.to_unit(keras.ops.convert_to_numpy(model(x)))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_its_files_are_judged_by_its_error(scenario):
    (task,) = scenario
    data = task_data(task, max_mae_rise=0.5)
    assert data.judges["y"].allowed(10.0) == 5.0
    assert data.gate_split == "validation"
    np.testing.assert_array_equal(data.gate[1][:, 0], task.validation[1])
    assert data.test[1].shape == (len(task.test[1]), 1)
    source = scenario_source(task, task_data, None)
    assert source.number == task.number
    assert [port.name for port in source.interface.outputs] == ["y"]


def test_a_column_has_a_name_that_a_signature_takes(tmp_path):
    rows = [f"{i / 7},{i % 9 + 0.5}" for i in range(60)]
    path = tmp_path / "table.csv"
    path.write_text("\n".join(["a,image (m²)", *rows]))
    (task,) = from_csv(path, label_column="image (m²)")
    source = scenario_source(task, task_data, None)
    assert [port.name for port in source.interface.outputs] == ["image__m__"]
    path.write_text("\n".join(["a,image", *rows]))
    (task,) = from_csv(path, label_column="image")
    source = scenario_source(task, task_data, None)
    assert [port.name for port in source.interface.outputs] == ["image_1"]
