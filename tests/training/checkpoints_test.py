"""Where a run stands, when it is saved, and what callbacks take along."""

import keras
import numpy as np
import pytest

from hypermask_tf.training import (
    BestWeights,
    CheckpointPlan,
    Checkpoints,
    Plateau,
    Position,
)
from hypermask_tf.training.resumable import collect, restore_callbacks


def _model():
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])


@pytest.mark.parametrize(
    "position", [Position(1), Position(120), Position(0, 3), Position(12, 123456)]
)
def test_a_name_tells_the_position(position):
    assert Position.of(position.stem) == position
    assert Position.of(f"{position.stem}.keras") == position


def test_other_names_are_refused():
    with pytest.raises(ValueError, match=r"Received: 'index\.json'"):
        Position.of("index.json")


def test_positions_follow_the_run_and_not_the_alphabet(tmp_path):
    checkpoints, model = Checkpoints(tmp_path), _model()
    order = [Position(99), Position(99, 5), Position(99, 12), Position(100)]
    for position in reversed(order):
        checkpoints.save(position, model)
    assert checkpoints.positions() == order
    latest = checkpoints.latest()
    assert latest is not None and latest.position == order[-1]


def test_state_and_arrays_come_back(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    arrays = {"0_0": np.arange(3.0), "0_1": np.eye(2, dtype="uint8")}
    checkpoints.save(Position(0, 1), _model(), {"seconds": 1.5}, arrays)
    saved = checkpoints.open(Position(0, 1))
    assert saved.state == {"seconds": 1.5}
    for name, array in saved.load_arrays().items():
        np.testing.assert_array_equal(array, arrays[name])
        assert array.dtype == arrays[name].dtype


@pytest.mark.parametrize("kind", ["keras", "json", "npz"])
def test_each_file_of_a_checkpoint_is_checked(kind, tmp_path):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(Position(1), _model())
    checkpoints.save(Position(1, 1), _model(), {}, {"0_0": np.zeros(2)})
    path = tmp_path / f"running_01_000001.{kind}"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"{path.name} is damaged"):
        checkpoints.open(Position(1, 1))
    with pytest.warns(UserWarning, match="Skipped the checkpoint running_01_000001"):
        latest = checkpoints.latest()
    assert latest is not None and latest.position == Position(1)
    path.unlink()
    with pytest.warns(UserWarning, match="is missing"):
        checkpoints.latest()


def test_a_damaged_index_is_named(tmp_path):
    (tmp_path / "index.json").write_text('{"task_00')
    with pytest.raises(ValueError, match=r"index\.json is damaged"):
        Checkpoints(tmp_path).latest()


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_the_last_running_ones_are_kept(count, tmp_path):
    checkpoints, model = Checkpoints(tmp_path), _model()
    running = [Position(1, epoch) for epoch in (1, 2, 3)]
    for position in (Position(1), *running):
        checkpoints.save(position, model, {}, {"0_0": np.zeros(1)})
    checkpoints.keep_running(count)
    kept = [Position(1), *(running[-count:] if count else [])]
    assert checkpoints.positions() == kept
    assert {path.name for path in tmp_path.iterdir()} == {"index.json"} | {
        f"{position.stem}.{kind}"
        for position in kept
        for kind in ("keras", "json", "npz")
    }


def test_plans():
    never = CheckpointPlan(epochs=0, minutes=0)
    assert not any(never.due(epoch, 1e9) for epoch in range(1, 20))
    third = CheckpointPlan(epochs=3, minutes=0)
    assert [e for e in range(1, 10) if third.due(e, 1e9)] == [3, 6, 9]
    assert CheckpointPlan(minutes=0.5).due(1, 30) is True
    assert CheckpointPlan(minutes=0.5).due(1, 29) is False
    for wrong in ({"epochs": -1}, {"minutes": -1.0}, {"keep": 0}):
        with pytest.raises(ValueError, match="Received"):
            CheckpointPlan(**wrong)


def test_other_callbacks_than_those_saved_are_refused():
    states, arrays = collect([Plateau(), keras.callbacks.Callback()])
    assert states[1] is None and arrays == {}
    with pytest.raises(ValueError, match="BestWeights as number 1"):
        restore_callbacks([Plateau(), BestWeights()], (states, arrays))


def test_a_plateau_goes_on_waiting():
    whole, first, second = Plateau(), Plateau(), Plateau()
    accuracies = [0.5, 0.4, 0.6, 0.6, 0.5, 0.3, 0.6, 0.2, 0.1, 0.0]

    def feed(callback, values, model):
        callback.set_model(model)
        callback.on_train_begin()
        rates = []
        for epoch, value in enumerate(values):
            callback.on_epoch_end(epoch, {"val_accuracy": value})
            rates.append(float(model.optimizer.learning_rate.numpy()))
        return rates

    models = []
    for _ in range(2):
        model = _model()
        model.compile(keras.optimizers.SGD(1.0), "mse")
        models.append(model)
    expected = feed(whole, accuracies, models[0])
    found = feed(first, accuracies[:5], models[1])
    second.restore(*[*collect([first])[0], []])
    found += feed(second, accuracies[5:], models[1])
    assert found == expected
    assert min(expected) < 1.0
