"""What is done to a finished run, and what it leaves."""

import shutil

import keras
import numpy as np
import pytest

from hypermask_tf.product import changes, ledger, operations
from hypermask_tf.product.journal import Journal
from hypermask_tf.product.later_data import read_later
from hypermask_tf.training import RunFolder
from tests.product.makers import arrays, everything, learn_later, product


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return product(tmp_path_factory.mktemp("product"))


@pytest.fixture
def run(finished, tmp_path):
    shutil.copytree(finished.path.parent, tmp_path / "copy")
    run = RunFolder.open(tmp_path / "copy" / "run")
    data = str(tmp_path / "copy" / "data.npz")
    run.write_manifest(run.manifest() | {"data_dir": data})
    return run


def predictions(run, tasks):
    model = run.load_model()
    x = np.random.default_rng(1).normal(size=(20, 5)).astype("float32")
    return {task: model.predict(x, task=task, verbose=0) for task in tasks}


def same(one, other):
    return all(np.array_equal(one[task], other[task]) for task in one)


def begin(run, name, update=None, seed=5):
    """What `hypermask add` or `update` does before it learns."""
    path = run.path.parent / f"{name}.npz"
    values = arrays([name], seed=seed)
    del values["task"]
    np.savez(path, **values)
    manifest = run.manifest()
    source, (task,) = read_later(manifest, path)
    if update is not None:
        task |= {"name": f"{name}@2", "version": 2, "version_of": name}
    Journal(run).write(
        {"action": "add", "command": "add", "first": task["index"], "names": [name]}
    )
    run.write_manifest(ledger.with_tasks(manifest, source, [task]))
    return task["index"]


def add(run, name, **options):
    begin(run, name, **options)
    learn_later(run)
    Journal(run).clear()


def test_what_others_compute_stays_and_nothing_speaks_of_the_forgotten(run):
    before = predictions(run, [0, 2])
    entry = operations.forget(run, "bob")
    assert (entry["index"], entry["name"]) == (1, "bob")
    assert same(before, predictions(run, [0, 2]))
    with pytest.raises(ValueError, match="Task 1 was forgotten"):
        run.load_model().predict(np.zeros((2, 5)), task=1)
    # Not even an older learner, or a figure.
    assert [p.stem for p in run.checkpoints.positions()] == ["task_00", "task_02_r1"]
    results = run.results()
    assert [row[1] for row in results["accuracy_matrix"]] == [None] * 3
    assert results["accuracy_matrix"][1] == [None] * 3
    assert results["validation_accuracy"][1] is None
    assert results["units_kept"][1] is None
    assert results["average_accuracy"] is not None
    kept = results["accuracy_matrix"][2]
    assert results["average_accuracy"] == np.mean([kept[0], kept[2]])
    # Its place among the data, so that those of the others are divided as before.
    assert run.manifest()["scenario"]["tasks"][1] == {
        "index": 1,
        "name": "task_01",
        "forgotten": True,
        "classes": [0, 1],
        "class_names": ["no", "yes"],
        "found_as": "bob",
    }


def test_data_of_the_forgotten_may_be_deleted(run):
    before = run.load_scenario()
    operations.forget(run, "bob")
    np.savez(run.path.parent / "data.npz", **_without("bob"))
    after = run.load_scenario()
    for i in (0, 2):
        for split in ("train", "validation", "test"):
            for one, other in zip(
                getattr(before[i], split), getattr(after[i], split), strict=True
            ):
                np.testing.assert_array_equal(one, other)
    with pytest.raises(FileNotFoundError, match="not at hand"):
        _ = after[1].test
    np.savez(run.path.parent / "data.npz", **_without("cy"))
    with pytest.raises(ValueError, match="'cy'"):
        run.load_scenario()


def _without(name):
    values = arrays(("ann", "bob", "cy"))
    kept = values["task"] != name
    return {key: value[kept] for key, value in values.items()}


def test_a_task_is_learned_without_the_data_of_others(run):
    before = predictions(run, [0, 1, 2])
    (run.path.parent / "data.npz").unlink()
    add(run, "dan")
    assert same(before, predictions(run, [0, 1, 2]))
    names = run.load_model().task_names
    assert names == ("ann", "bob", "cy", "dan")
    matrix = run.results()["accuracy_matrix"]
    # What was measured of the others stands.
    assert matrix[3][:3] == [matrix[i][i] for i in range(3)]


def test_a_name_can_be_had_again(run):
    operations.forget(run, "bob")
    before = predictions(run, [0, 2])
    add(run, "bob")
    assert ledger.find(run.manifest(), "bob")["index"] == 3
    assert same(before, predictions(run, [0, 2]))
    assert run.load_model().state.names.find("bob") == 3
    classes = [e["classes"] for e in ledger.kept(run.manifest())]
    assert classes == [[0, 1]] * 3


def test_versions_change_places(run):
    index = begin(run, "bob", update=1)
    learn_later(run, inherit=1)
    Journal(run).clear()
    operations.switch(run, index)
    names = lambda: run.load_model().task_names  # noqa: E731
    assert names() == ("ann", "bob@1", "cy", "bob")
    assert operations.make_current(run, "bob")["index"] == 1
    assert names() == ("ann", "bob", "cy", "bob@2")
    assert operations.make_current(run, "bob", 2)["index"] == 3
    assert names() == ("ann", "bob@1", "cy", "bob")
    with pytest.raises(ValueError, match=r"there: 1, 2, of which 2.*version 7"):
        operations.make_current(run, "bob", 7)
    with pytest.raises(ValueError, match="an earlier one"):
        operations.make_current(run, "ann")
    # The data of each version are found under their own name.
    assert [task.name for task in run.load_scenario()] == list(names())
    operations.forget(run, "bob")
    assert names() == ("ann", "bob", "cy", "")


def test_a_version_is_in_use_at_every_moment(run, monkeypatch):
    index = begin(run, "bob", update=1)
    learn_later(run, inherit=1)
    Journal(run).clear()
    operations.switch(run, index)
    commit = operations.commit

    def killed(run, change, model=None):
        if isinstance(change, changes.Forget):
            raise RuntimeError("killed")
        commit(run, change, model)

    with monkeypatch.context() as patch:
        patch.setattr(operations, "commit", killed)
        with pytest.raises(RuntimeError, match="killed"):
            operations.forget(run, "bob")
    assert run.load_model().task_names == ("ann", "bob", "cy", "bob@2")
    operations.forget(run, "bob@2")
    assert run.load_model().task_names == ("ann", "bob", "cy", "")


@pytest.mark.parametrize("learned", ["nothing", "a part", "all"])
def test_undoing_leaves_the_run_as_it_was(run, learned):
    before = everything(run)
    begin(run, "dan")
    if learned == "all":
        learn_later(run)
    elif learned == "a part":
        with pytest.raises(RuntimeError, match="stop"):
            learn_later(run, callbacks=lambda task: [Stop()])
    assert operations.undo(run) == ["dan"]
    after = everything(run)
    del before["results.json"], after["results.json"]
    assert after == before
    with pytest.raises(ValueError, match="where all is done"):
        operations.undo(run)


class Stop(keras.callbacks.Callback):
    """Ends training by an error after its first epoch."""

    def on_epoch_end(self, epoch, logs=None):
        raise RuntimeError("stop")


def test_nothing_else_is_done_while_a_task_is_added(run):
    begin(run, "dan")
    before = everything(run)
    for change in (
        lambda: operations.forget(run, "bob"),
        lambda: operations.make_current(run, "bob"),
    ):
        with pytest.raises(ValueError, match=r"dan is.*hypermask undo"):
            change()
    assert everything(run) == before


@pytest.mark.parametrize("task", ["dave", "7", ""])
def test_an_unknown_task_is_told(run, task):
    before = everything(run)
    with pytest.raises(ValueError, match="'ann', 'bob', 'cy'"):
        operations.forget(run, task)
    assert everything(run) == before


def test_the_only_task_is_not_forgotten(run):
    operations.forget(run, "0")
    operations.forget(run, "cy")
    with pytest.raises(ValueError, match="Delete the folder"):
        operations.forget(run, "bob")
