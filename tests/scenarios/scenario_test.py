import json
import subprocess
import sys

import numpy as np
import pytest

from hypermask_tf.scenarios import Scenario, Task, split_digits


def load(split):
    return np.zeros((1, 2, 2, 1), "float32"), np.zeros(1, "int32")


def make_task(index):
    return Task(index, (0, 1), load, sizes={"train": 1, "validation": 1, "test": 1})


def test_is_a_sequence_of_tasks():
    tasks = [make_task(0), make_task(1), make_task(2)]
    scenario = Scenario("three", tasks, input_shape=(2, 2, 1))
    assert len(scenario) == scenario.num_tasks == 3
    assert list(scenario) == tasks
    assert scenario[-1] is tasks[2]
    assert scenario[1:] == (tasks[1], tasks[2])
    with pytest.raises(IndexError):
        scenario[3]


@pytest.mark.parametrize("indices", [[], [1], [0, 0], [1, 0]])
def test_indices_must_be_positions(indices):
    tasks = [make_task(index) for index in indices]
    with pytest.raises(ValueError, match="indices"):
        Scenario("wrong", tasks, input_shape=(2, 2, 1))


def test_manifest_is_json_and_says_what_is_in_each_task():
    scenario = split_digits(classes_per_task=[2, 3, 5], seed=4)
    manifest = json.loads(json.dumps(scenario.manifest()))
    assert manifest["name"] == "split_digits"
    assert manifest["seed"] == 4
    assert manifest["config"] == scenario.get_config()
    assert manifest["preprocessing"] == scenario.preprocessing
    for task, entry in zip(scenario, manifest["tasks"], strict=True):
        assert entry["classes"] == list(task.classes)
        for split in ("train", "validation", "test"):
            assert entry[split] == len(getattr(task, split)[1])


def test_returned_dictionaries_are_copies():
    scenario = split_digits()
    scenario.get_config()["seed"] = 99
    scenario.preprocessing["raw_range"][1] = 99
    scenario[0].preprocessing["scale"] = 99
    assert scenario.seed is None
    assert scenario.preprocessing["raw_range"] == [0, 16]
    assert scenario[0].preprocessing["scale"] == 1 / 16


def test_import_loads_no_data_library():
    # Keras itself looks for scikit-learn, so the test asks who imported more.
    code = (
        "import sys, keras; before = set(sys.modules); import hypermask_tf.scenarios; "
        "new = {m.partition('.')[0] for m in set(sys.modules) - before}; "
        "print(sorted(new & {'tensorflow_datasets', 'sklearn', 'matplotlib'}))"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert output.stdout.strip() == "[]"
