"""Tasks are called by name wherever an index goes."""

import copy
import pickle
import warnings

import keras
import numpy as np
import pytest

import hypermask_tf as hm
from tests.golden import golden_keras_file
from tests.hypermask import builders

pytestmark = pytest.mark.filterwarnings("ignore:The network is full")


def _units(**kwargs):
    return builders.learner(granularity="unit", protection="hard", **kwargs)


def _named(*names, **kwargs):
    model = _units(**kwargs)
    for name in names:
        model.begin_task(name)
        builders.steps(model)
    return model


@pytest.mark.backend
def test_a_name_goes_wherever_an_index_goes():
    model = _named("bottles", "cans")
    assert model.task_names == ("bottles", "cans")
    x, y = builders.data(0)
    pairs = [
        [model.predict(x, task=t, verbose=0) for t in (0, "bottles")],
        [model.predict_on_batch(x, task=t) for t in (0, "bottles")],
        [model.evaluate(x, y, task=t, verbose=0) for t in (0, "bottles")],
        [model.test_on_batch(x, y, task=t) for t in (0, "bottles")],
        [model.units_on(t) for t in (0, "bottles")],
        [model.task_values(t)[0][0] for t in (0, "bottles")],
        [next(iter(model.mask(t).values())) for t in (0, "bottles")],
        [model.mask_arrays(t)[0] for t in (0, "bottles")],
        [model.bake(t).get_weights()[0] for t in (0, "bottles")],
    ]
    for by_index, by_name in pairs:
        np.testing.assert_array_equal(by_index, by_name)
    assert not np.array_equal(pairs[0][0], model.predict(x, task="cans", verbose=0))
    model.active_task = "bottles"
    assert model.active_task == 0


def test_a_known_name_goes_on_and_a_new_one_begins():
    model = _named("bottles")
    model.fit(*builders.data(0), task="bottles", verbose=0)
    assert model.task_names == ("bottles",)
    model.fit(*builders.data(1), task="cans", inherit="bottles", verbose=0)
    model.begin_task("lids", inherit="cans")
    assert model.task_names == ("bottles", "cans", "lids")
    with pytest.raises(ValueError, match=r"Task 0 \('bottles'\) is finished"):
        model.fit(*builders.data(0), task="bottles")
    with pytest.raises(ValueError, match=r"next task to begin is 3.*task=1 \('cans'\)"):
        model.begin_task("cans")


def test_tasks_without_a_name_are_called_as_those_of_scenarios():
    model = _units()
    x, y = builders.data(0)
    model.fit(x, y, task=0, verbose=0)
    model.fit(x, y, task="task_01", verbose=0)
    assert model.task_names == ("task_00", "task_01")
    np.testing.assert_array_equal(model.units_on("task_01"), model.units_on(1))
    model.rename_task("task_01", "cans")
    assert model.task_names == ("task_00", "cans")
    with pytest.raises(ValueError, match="No task has this name"):
        model.predict(x, task="task_01")
    with pytest.raises(ValueError, match="at another index"):
        model.rename_task("cans", "task_00")


def test_an_unknown_name_is_answered_with_the_known_ones():
    model = _named("bottles", "cans")
    x, y = builders.data(0)
    for use in (
        lambda: model.predict(x, task="botles"),
        lambda: model.evaluate(x, y, task="botles"),
        lambda: model.bake("botles"),
        lambda: model.begin_task("lids", inherit="botles"),
    ):
        with pytest.raises(
            ValueError, match=r"mean 'bottles'\? Known names: 'bottles', 'cans'"
        ):
            use()
    with pytest.raises(ValueError, match="none, for no task has begun"):
        _units().predict(x, task="bottles")
    assert model.task_names == ("bottles", "cans") and model.num_learned_tasks == 2


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("3", "taken for the index"),
        ("-1", "taken for the index"),
        ("", "1 to 64 characters"),
        ("a/b", "1 to 64 characters"),
        ("a\\b", "1 to 64 characters"),
        ("a\nb", "1 to 64 characters"),
        (".hidden", "1 to 64 characters"),
        ("-x", "1 to 64 characters"),
        ("dot.", "1 to 64 characters"),
        ("x" * 65, "1 to 64 characters"),
        ("Bottles", "Two tasks must not have one name.*Task 0 is called 'bottles'"),
    ],
)
def test_what_is_no_name_of_a_new_task(name, message):
    model = _named("bottles")
    for use in (
        lambda: model.fit(*builders.data(1), task=name, verbose=0),
        lambda: model.begin_task(name),
        lambda: model.rename_task(1, name),
    ):
        with pytest.raises(ValueError, match=message):
            use()
    assert model.num_learned_tasks == 1 and model.task_names == ("bottles",)


@pytest.mark.parametrize("name", ["Ünï code", "2024-11", "v1.5", "a (2)", "x" * 64])
def test_what_is_a_name(name):
    assert _named(name).task_names == (name,)


def test_a_name_is_one_however_its_letters_are_composed():
    model = _named("caf\u00e9")
    model.fit(*builders.data(0), task="cafe\u0301", verbose=0)
    assert model.task_names == ("caf\u00e9",)


@pytest.mark.parametrize(
    ("first", "second", "warns"),
    [
        ("bottles", "botles", True),
        ("bottles", "bottels", True),
        ("person_a", "person_b", False),
        ("person_1", "person_12", False),
        ("person_12", "person_21", False),
        ("cat", "cats", False),
    ],
)
def test_a_new_name_that_may_be_a_slip(first, second, warns):
    model = _named(first)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.begin_task(second)
    slips = [w for w in caught if "under the new name" in str(w.message)]
    assert len(slips) == warns and model.task_names == (first, second)
    model.undo_task()
    assert model.task_names == (first,)


@pytest.mark.backend
def test_names_survive_files_and_copies(tmp_path):
    model = _named("bottles", "cans")
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for made in (
        loaded,
        copy.deepcopy(model),
        pickle.loads(pickle.dumps(model)),
        model.extend(5),
        model.grow({model.target.layers[1].name: 20}),
    ):
        assert made.task_names == ("bottles", "cans")
    longer = loaded.extend(4)
    longer.fit(*builders.data(2), task="lids", verbose=0)
    assert longer.task_names == ("bottles", "cans", "lids")
    assert loaded.task_names == ("bottles", "cans")


def test_names_come_with_the_weights_of_a_file(tmp_path):
    model = _named("bottles")
    model.save_weights(tmp_path / "named.weights.h5")
    plain = _named("task_00")
    plain.save_weights(tmp_path / "plain.weights.h5")
    plain.load_weights(tmp_path / "named.weights.h5")
    model.load_weights(tmp_path / "plain.weights.h5")
    assert plain.task_names == ("bottles",) and model.task_names == ("task_00",)


def test_files_of_earlier_versions_have_the_names_of_scenarios():
    model = golden_keras_file.load("hard_per_task_head")
    expected = tuple(f"task_{i:02d}" for i in range(model.num_learned_tasks))
    assert model.task_names == expected


def test_a_call_that_fails_gives_no_name():
    model = _named("bottles")
    x, y = builders.data(1)
    with pytest.raises(hm.NonFiniteLossError):
        model.fit(np.full_like(x, np.nan), y, task="cans", verbose=0)
    assert model.task_names == ("bottles",) and model.num_learned_tasks == 1
    model.fit(x, y, task="lids", verbose=0)
    assert model.task_names == ("bottles", "lids")


def test_tables_and_warnings_show_names():
    model = _units(tasks=2, sparsity=10)
    with pytest.warns(UserWarning, match=r"full after task 0 \('bottles'\)"):
        model.begin_task("bottles")
    with pytest.warns(UserWarning, match=r"full: task 1 \('something"):
        model.begin_task("something long")
    lines: list[str] = []
    model.summary(print_fn=lines.append)
    assert "bottles" in lines[0] and "somethin…" in lines[0]


def test_statistics_for_unknown_tasks_are_fitted_by_name():
    model = _named("bottles", "cans")
    networks = hm.inference.TaskNetworks(model)
    assert networks.names == ("bottles", "cans")
    method = hm.inference.get("entropy", networks)
    method.fit("bottles", *builders.data(0))
    assert list(method.statistics) == [0]
    with pytest.raises(ValueError, match=r"\['bottles', 'cans'\]"):
        method.fit("botles", *builders.data(0))
