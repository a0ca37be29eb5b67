"""A run that stopped, however and wherever, ends as if it had not."""

import os

import keras
import numpy as np
import pytest

from hypermask_tf import files
from hypermask_tf.training import (
    CheckpointPlan,
    Position,
    RunFolder,
    TrainingStopped,
)
from tests.training.interrupted import (
    Killed,
    fingerprint,
    go_on,
    learner,
    scenario,
    sequence,
)

CHOICES = {
    "best weights, a plateau, one optimizer": {
        "select": "best",
        "plateau": True,
        "model": {"reset_optimizer": False, "sampled_tasks": 1, "ramp_steps": 3},
    },
    "networks that grow, inherit and are held": {
        "grow": 1.5,
        "inherit": "latest",
        "measure": "validation",
        "model": {"reuse": 0.0, "protection": "hard", "head": "per_task"},
    },
    "a network alone for each task": {
        "restart": True,
        "model": {"lam": 0, "beta": 0, "sparsity": 0, "activation": "binary"},
    },
}
# Without masks a step takes less time.
PLAIN = {"model": {"sparsity": 0}, "measure_unseen": True}


class StopEvery(keras.callbacks.Callback):
    """Asks the sequence to stop at the end of every epoch."""

    def __init__(self):
        super().__init__()
        self.sequence = None

    def on_epoch_end(self, epoch, logs=None):
        self.sequence.stop_asked = True


@pytest.mark.parametrize(
    "choices",
    [
        pytest.param(
            choices, id=name, marks=() if "grow" in choices else pytest.mark.slow
        )
        for name, choices in CHOICES.items()
    ],
)
def test_a_run_that_stops_after_every_epoch_ends_as_one_that_never_did(
    choices, tmp_path
):
    choices = {"steps_per_task": 2, **choices}
    whole = sequence(None, **choices)
    whole.learn()

    def make(run):
        stop = StopEvery()
        stop.sequence = sequence(run, callbacks=lambda task: [stop], **choices)
        return stop.sequence

    learned, starts = go_on(tmp_path / "run", make, stop_between=True)
    assert fingerprint(learned) == fingerprint(whole)
    assert starts == 6  # after each of 4 epochs, and between the two tasks


class Moments:
    """Counts moments at which a process may die, and lets it die at one of them."""

    def __init__(self, at=0):
        self.at, self.count = at, 0

    def pass_one(self, *_, **__):
        self.count += 1
        if self.count == self.at:
            raise Killed

    def install(self, monkeypatch):
        replace, write = os.replace, files.write_text

        def replace_watched(*args, **kwargs):
            self.pass_one()  # written, and not yet in its place
            replace(*args, **kwargs)
            self.pass_one()  # in its place, and not yet in the index

        def write_watched(*args, **kwargs):
            self.pass_one()
            write(*args, **kwargs)

        monkeypatch.setattr(files.os, "replace", replace_watched)
        monkeypatch.setattr(files, "write_text", write_watched)

    def callbacks(self, task):
        return [
            keras.callbacks.LambdaCallback(
                on_train_batch_end=self.pass_one,
                on_train_end=self.pass_one,
            )
        ]


@pytest.mark.slow
def test_wherever_a_process_dies_the_run_ends_the_same(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        moments = Moments()
        moments.install(patch)
        make = lambda run: sequence(run, callbacks=moments.callbacks, **PLAIN)  # noqa: E731
        whole, _ = go_on(tmp_path / "whole", make)
    expected = fingerprint(whole)
    assert moments.count > 40
    for i, at in enumerate(_chosen(moments.count)):
        with monkeypatch.context() as patch:
            dying = Moments(at)
            dying.install(patch)
            make = lambda run, d=dying: sequence(run, callbacks=d.callbacks, **PLAIN)  # noqa: E731
            learned, starts = go_on(tmp_path / str(i), make)
        assert starts == 2
        assert fingerprint(learned) == expected, f"moment {at} of {moments.count}"


def _chosen(count):
    """The first and last moment, and some between."""
    between = np.random.default_rng(0).choice(np.arange(2, count), 4, replace=False)
    return sorted({1, count, *between.tolist()})


def _stopped_in_task_1(path, **options):
    """A run that is saved after task 0 and after two epochs of task 1."""

    def stop(task):
        def look(epoch, logs):
            half.stop_asked = half.stop_asked or (task, epoch) == (1, 1)

        return [keras.callbacks.LambdaCallback(on_epoch_end=look)]

    run = RunFolder.create(path)
    run.write_manifest({})
    half = sequence(run, callbacks=stop, **PLAIN, **options)
    with pytest.raises(TrainingStopped) as stopped:
        half.learn()
    assert stopped.value.position == Position(1, 2)
    return run


@pytest.mark.parametrize(
    "kind", [pytest.param("keras", marks=pytest.mark.slow), "json"]
)
def test_a_damaged_checkpoint_is_skipped_to_the_last_good_one(kind, tmp_path):
    run = _stopped_in_task_1(tmp_path / "run")
    path = run.checkpoints_dir / f"running_01_000002.{kind}"
    path.write_bytes(path.read_bytes()[:-7])
    again = sequence(run, **PLAIN)
    with pytest.warns(UserWarning, match="Skipped the checkpoint running_01_000002"):
        assert again.restore() == Position(1, 1)
    again.learn()
    whole = sequence(None, **PLAIN)
    whole.learn()
    assert fingerprint(again) == fingerprint(whole)


def test_with_every_checkpoint_damaged_a_run_begins_anew(tmp_path):
    run = _stopped_in_task_1(tmp_path / "run")
    for path in run.checkpoints_dir.glob("*.keras"):
        path.write_bytes(b"nothing of a model")
    again = sequence(run, **PLAIN)
    with pytest.warns(UserWarning, match="Skipped"):
        assert again.restore() == Position()
    assert run.checkpoints.positions() == []


def test_only_the_last_saves_of_a_running_task_are_kept(tmp_path):
    plan = CheckpointPlan(epochs=1, keep=1)
    run = _stopped_in_task_1(tmp_path / "run", plan=plan)
    assert [p.stem for p in run.checkpoints.positions()] == [
        "task_00",
        "running_01_000002",
    ]
    assert not (run.checkpoints_dir / "running_01_000001.keras").exists()
    again = sequence(run, plan=plan, **PLAIN)
    again.restore()
    again.learn()
    names = {path.name for path in run.checkpoints_dir.iterdir()}
    kept = [
        f"task_{task:02d}.{kind}" for task in range(2) for kind in ("json", "keras")
    ]
    assert names == {"index.json", *kept}


def test_seconds_of_all_parts_are_counted(tmp_path):
    run = _stopped_in_task_1(tmp_path / "run")
    saved = run.checkpoints.latest()
    assert saved is not None and saved.state["seconds"] > 0
    again = sequence(run, **PLAIN)
    again.restore()
    again.learn()
    assert again.results()["train_seconds_per_task"][1] > saved.state["seconds"]


def test_leftovers_of_a_killed_save_go(tmp_path):
    run = _stopped_in_task_1(tmp_path / "run")
    leftovers = [
        run.checkpoints_dir / ".running_01_000003.ab12.keras",
        run.checkpoints_dir / "running_01_000003.keras",
        run.checkpoints_dir / ".index.cd34.json",
        run.path / ".results.ef56.json",
    ]
    foreign = [run.path / ".hidden.json", run.checkpoints_dir / "notes.txt"]
    for path in (*leftovers, *foreign):
        path.write_text("half")
    assert sequence(run, **PLAIN).restore() == Position(1, 2)
    assert not any(path.exists() for path in leftovers)
    assert all(path.exists() for path in foreign)


def test_a_stop_before_anything_was_learned_saves_nothing(tmp_path):
    run = RunFolder.create(tmp_path / "run")
    run.write_manifest({})
    stopped = sequence(run)
    stopped.stop_asked = True
    with pytest.raises(TrainingStopped):
        stopped.learn()
    assert run.checkpoints.positions() == []


def test_a_longer_scenario_extends_the_learner(tmp_path):
    run = RunFolder.create(tmp_path / "run")
    run.write_manifest({})
    short = sequence(run)
    short.learn()
    before = short.results()
    masks = [short.model.mask_arrays(task) for task in range(2)]
    longer = permuted(scenario(), 3)
    again = sequence(run, longer)
    assert again.restore() == Position(2)
    for task in range(2):
        for old, new in zip(masks[task], again.model.mask_arrays(task), strict=True):
            np.testing.assert_array_equal(old, new)
    again.learn()
    after = again.results()
    first = [row[:2] for row in after["accuracy_matrix"][:2]]
    assert first == before["accuracy_matrix"]
    for name in ("train_seconds_per_task", "units_kept", "validation_accuracy"):
        assert after[name][:2] == before[name]
        assert len(after[name]) == 3
    assert run.results() == after
    assert run.load_model().num_learned_tasks == 3


def permuted(base, tasks):
    """`base` and further tasks: its first one with features in other orders."""
    import hypermask_tf as hm

    made = list(base)
    for index in range(len(made), tasks):

        def load(split, shift=index):
            x, y = getattr(base[0], split)
            return np.roll(x, shift, axis=2), y

        made.append(
            hm.scenarios.Task(
                index,
                base[0].classes,
                load,
                sizes=base[0].sizes,
                preprocessing={},
                class_names=list(base[0].class_names),
            )
        )
    return hm.scenarios.Scenario("longer", made, input_shape=base.input_shape)


def test_a_run_cannot_lose_tasks(tmp_path):
    run = RunFolder.create(tmp_path / "run")
    run.write_manifest({})
    run.checkpoints.save(Position(1), learner(3), {})
    with pytest.raises(ValueError, match="cannot lose tasks"):
        sequence(run).restore()


def test_without_a_folder_nothing_can_be_restored():
    with pytest.raises(ValueError, match="run=None"):
        sequence(None).restore()


def test_an_augmentation_that_has_run_lists_its_input_and_is_the_same(tmp_path):
    run = RunFolder.create(tmp_path / "run")
    run.write_manifest({})

    def make(stop):
        noise = keras.Sequential([keras.layers.GaussianNoise(0.1)])
        made = sequence(run, model={"augmentation": noise})
        made.restore()
        made.stop_asked = stop
        return made

    first = make(False)

    def end(task, matrix):
        first.stop_asked = True

    with pytest.raises(TrainingStopped):
        first.learn(end)
    make(False).learn()
