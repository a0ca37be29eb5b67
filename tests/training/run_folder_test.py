"""The folder of a run."""

import keras
import numpy as np
import pytest
from keras import layers

from hypermask_tf.training import Position, RunFolder
from tests.learners import hyper_mask


@pytest.fixture
def model():
    inputs = keras.Input((4,))
    target = keras.Model(inputs, layers.Dense(3)(layers.Dense(8, "relu")(inputs)))
    return hyper_mask(target, 2, sparsity=50)


@pytest.fixture
def run(tmp_path):
    run = RunFolder.create(tmp_path / "run")
    run.write_manifest({"benchmark": "split_digits"})
    return run


def test_a_run_is_not_replaced_unless_asked(run):
    run.write_results({"seed": 1})
    with pytest.raises(FileExistsError, match="--overwrite"):
        RunFolder.create(run.path)
    assert run.results() == {"seed": 1}
    again = RunFolder.create(run.path, overwrite=True)
    with pytest.raises(FileNotFoundError, match=r"results\.json is missing"):
        again.results()


def test_a_folder_that_is_no_run_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(FileExistsError, match="left alone"):
        RunFolder.create(tmp_path, overwrite=True)
    assert (tmp_path / "thesis.txt").exists()


def test_overwriting_leaves_foreign_files(run):
    (run.path / "notes.txt").write_text("mine")
    RunFolder.create(run.path, overwrite=True)
    assert (run.path / "notes.txt").exists()


def test_what_a_killed_start_left_is_no_obstacle(tmp_path):
    (tmp_path / ".manifest.ab12cd.json").write_text("{")
    run = RunFolder.create(tmp_path)
    assert list(run.path.iterdir()) == []


def test_opening_something_else_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no manifest\.json"):
        RunFolder.open(tmp_path)


def test_checkpoint_round_trip_takes_the_last_task(run, model):
    x = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    run.checkpoints.save(Position(1), model)
    model.begin_task(0)
    run.checkpoints.save(Position(2), model)
    loaded = run.load_model()
    assert loaded.num_learned_tasks == 1
    assert run.load_model(0).num_learned_tasks == 0
    np.testing.assert_array_equal(
        loaded.predict(x, task=1, verbose=0), model.predict(x, task=1, verbose=0)
    )


@pytest.mark.parametrize("position", [0, 100, -1])
def test_one_flipped_byte_is_refused(run, model, position):
    path = run.checkpoints.save(Position(1), model)
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"task_00\.keras is damaged"):
        run.load_model()


def test_truncated_and_missing_checkpoints_are_refused(run, model):
    with pytest.raises(FileNotFoundError, match="no checkpoint of a finished task"):
        run.load_model()
    path = run.checkpoints.save(Position(1), model)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ValueError, match="damaged"):
        run.load_model()
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"task_00\.keras is missing"):
        run.load_model()
    with pytest.raises(FileNotFoundError, match="There are: task_00"):
        run.load_model(3)


def test_damaged_json_is_named(run):
    (run.path / "results.json").write_text('{"seed":')
    with pytest.raises(ValueError, match=r"results\.json is damaged"):
        run.results()
