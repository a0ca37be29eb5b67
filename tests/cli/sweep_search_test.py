"""Studies that go on, fail, are pruned and are shared, with runs that are made up."""

import threading
import time

import matplotlib.image
import pandas as pd
import pytest
from rich.progress import Progress

from hypermask_tf.cli import sweep_objective
from hypermask_tf.cli.flagfiles import read_flagfile
from hypermask_tf.cli.sweep_objective import FIGURES, folder_name
from hypermask_tf.cli.sweep_plot import plot_sweep
from hypermask_tf.cli.sweep_report import write_report
from hypermask_tf.cli.sweep_runs import RunFailedError
from hypermask_tf.cli.sweep_search import search
from hypermask_tf.cli.sweep_study import begun_trials, current_trials, open_study
from tests.cli.sweep_fakes import make_run, make_sweep
from tests.commands import PROCESSES

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
GRID = "lambda=0.1|0.2|0.3;hidden=8|16"
TASKS = 3


class FakeTraining:
    """Stands in for processes: accuracy is what a function says of the flags."""

    def __init__(self, accuracy):
        self.accuracy = accuracy
        self.begun, self.ended_early = [], 0
        self.at_once, self.most = 0, 0
        self._lock = threading.Lock()

    def __call__(self, folder, text, data_dir):
        flags = read_flagfile(text)
        with self._lock:
            self.begun.append((flags["lambda"], flags["hidden"], int(flags["seed"])))
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        done = 0
        try:
            for done in range(1, TASKS + 1):
                time.sleep(0.01)
                yield make_run([self.accuracy(flags)] * done, TASKS, int(flags["seed"]))
        finally:
            with self._lock:
                self.at_once -= 1
                self.ended_early += done < TASKS


@pytest.fixture
def training(monkeypatch):
    fake = FakeTraining(lambda flags: 0.5 + float(flags["lambda"]))
    monkeypatch.setattr(sweep_objective, "train", fake)
    return fake


def go(sweep, total, sampler="grid", pruner="none", workers=1, url=None):
    study = open_study(sweep, url, sampler, 1, pruner)
    with Progress(disable=True) as progress:
        good = search(study, sweep, total, workers, progress)
    return study, good


@pytest.mark.parametrize("workers", [1, 2])
def test_a_grid_is_tried_whole_and_once(training, tmp_path, workers):
    sweep = make_sweep(tmp_path / "x", GRID, seeds=(1, 2))
    study, good = go(sweep, 6, workers=workers)
    points = {
        (a, b, s) for a in ("0.1", "0.2", "0.3") for b in ("8", "16") for s in (1, 2)
    }
    assert good and set(training.begun) == points and len(training.begun) == 12
    assert training.most == workers
    assert study.best_params["lambda"] == "0.3"
    assert study.best_value == pytest.approx(0.8)
    # The same call again has nothing to do.
    study, good = go(sweep, 6, workers=workers)
    assert good and len(training.begun) == 12 and len(study.trials) == 6


def test_what_failed_is_tried_again(training, tmp_path):
    def accuracy(flags):
        if flags["lambda"] == "0.2" and broken:
            raise RunFailedError("exit status 1: out of memory")
        return 0.7

    training.accuracy, broken = accuracy, True
    sweep = make_sweep(tmp_path / "x", GRID)
    study, good = go(sweep, 6)
    assert not good and len(training.begun) == 6
    assert "seed 1: exit status 1: out of memory" in write_report(study, sweep)
    broken = False
    study, good = go(sweep, 6)
    assert good and len(training.begun) == 8
    assert sorted(training.begun[6:]) == [("0.2", "16", 1), ("0.2", "8", 1)]
    assert len(current_trials(study)) == 6 and len(study.trials) == 8
    assert "failed" not in write_report(study, sweep)


@pytest.mark.parametrize("sampler", ["grid", "tpe"])
def test_what_broke_off_is_tried_again_with_its_values(training, tmp_path, sampler):
    sweep = make_sweep(tmp_path / "x", GRID)
    study = open_study(sweep, None, sampler, 1, "none")
    # The process dies in the first trial.
    trial = study.ask()
    with pytest.raises(KeyboardInterrupt):
        training.accuracy = lambda flags: exec("raise KeyboardInterrupt")
        sweep(trial)
    assert study.trials[0].state.name == "RUNNING"
    training.accuracy = lambda flags: 0.7
    study, _ = go(sweep, 6, sampler)
    assert training.begun[1] == training.begun[0] and len(training.begun) == 7
    assert {t.state.name for t in current_trials(study)} == {"COMPLETE"}
    assert len(current_trials(study)) == 6


def test_trials_of_another_machine_are_left_to_it(training, tmp_path):
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    here, there = (make_sweep(tmp_path / name / "x", GRID) for name in "ab")
    study = open_study(there, url, "grid", 1, "none")
    other = study.ask()
    other.set_user_attr("owner", there.owner)
    study, _ = go(here, 6, url=url)
    assert len(training.begun) == 5
    assert [t.number for t in begun_trials(study) if t.state.name == "RUNNING"] == [0]
    go(there, 6, url=url)
    assert len(set(training.begun)) == len(training.begun) == 6


def _work(folder, url, total):
    sweep_objective.train = FakeTraining(lambda flags: 0.5 + float(flags["lambda"]))
    sweep = make_sweep(folder, GRID)
    go(sweep, total, url=url)


def test_two_processes_share_a_study(tmp_path):
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    folders = [tmp_path / name / "x" for name in "ab"]
    study = open_study(make_sweep(folders[0], GRID), url, "grid", 1, "none")
    workers = [
        PROCESSES.Process(target=_work, args=(folder, url, 6)) for folder in folders
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
        assert worker.exitcode == 0
    points = [tuple(sorted(t.params.items())) for t in study.trials]
    assert len(set(points)) == 6 and len(points) <= 7
    assert {t.state.name for t in study.trials} == {"COMPLETE"}


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_samplers_are_seeded_and_do_not_begin_anew(training, tmp_path, sampler):
    space = "lambda=1e-3..1e-1:log"
    for name, totals in {"a": (3,), "b": (3,), "c": (2, 3)}.items():
        for total in totals:
            go(make_sweep(tmp_path / name, space), total, sampler)
    a, b, c = (training.begun[i : i + 3] for i in (0, 3, 6))
    assert a == b and a[:2] == c[:2]
    assert len(set(a)) == len(set(c)) == 3


def test_trials_that_fall_behind_are_pruned(training, tmp_path):
    sweep = make_sweep(tmp_path / "x", "lambda=0..0.4", seeds=(1, 2))
    study, good = go(sweep, 9, "random", "median")
    pruned = [t for t in study.trials if t.state.name == "PRUNED"]
    complete = [t for t in study.trials if t.state.name == "COMPLETE"]
    # The first five are complete before any is compared.
    assert good and pruned and min(t.number for t in pruned) >= 5
    assert training.ended_early == len(pruned)
    median = pd.Series([t.params["lambda"] for t in complete[:5]]).median()
    assert all(t.params["lambda"] < median for t in pruned[:1])
    for trial in complete:
        steps = list(trial.intermediate_values.values())
        assert len(steps) == 2 * TASKS and steps == sorted(steps)
        assert steps[-1] == pytest.approx(trial.value)
    # None of them counts as missing.
    begun = len(training.begun)
    go(sweep, 9, "random", "median")
    assert len(training.begun) == begun


def test_a_pruner_sees_what_is_forgotten(monkeypatch, tmp_path):
    """All learn the first task perfectly; one then forgets it."""

    def train(folder, text, data_dir):
        forgets = len(study.trials) == 7
        yield make_run([1.0], TASKS)
        yield make_run([0.0, 0.9] if forgets else [1.0, 1.0], TASKS)
        yield make_run([1.0, 1.0, 1.0], TASKS)

    monkeypatch.setattr(sweep_objective, "train", train)
    sweep = make_sweep(tmp_path / "x", "lambda=0..0.4")
    study = open_study(sweep, None, "random", 1, "median")
    with Progress(disable=True) as progress:
        search(study, sweep, 7, 1, progress)
    assert [t.state.name for t in study.trials] == ["COMPLETE"] * 6 + ["PRUNED"]
    assert study.trials[-1].last_step == 2


def test_hyperband_prunes(training, tmp_path):
    sweep = make_sweep(tmp_path / "x", "lambda=0..0.4", seeds=(1, 2, 3))
    study, good = go(sweep, 12, "tpe", "hyperband")
    assert good and "PRUNED" in {t.state.name for t in study.trials}


def test_a_study_of_other_flags_is_refused(training, tmp_path):
    go(make_sweep(tmp_path / "x", GRID), 1)
    with pytest.raises(ValueError, match=r"'batch_size': '32'.*'batch_size': '64'"):
        go(make_sweep(tmp_path / "x", GRID, batch_size=64), 1)
    go(make_sweep(tmp_path / "x", GRID, verbose=True), 1)
    assert len(training.begun) == 1
    # Other seeds and another space are another study of the same folder.
    study, _ = go(make_sweep(tmp_path / "x", GRID, seeds=(1, 2)), 1)
    assert len(study.trials) == 1 and len(training.begun) == 3


@pytest.mark.parametrize("url", ["nonsense", "sqlite:////nowhere/x.db", "none://a/b"])
def test_a_database_that_cannot_be_opened(tmp_path, url):
    with pytest.raises(ValueError, match="Expected --storage"):
        open_study(make_sweep(tmp_path, GRID), url, "grid", 1, "none")


@pytest.mark.parametrize(
    ("space", "total"),
    [
        (GRID, 4),
        ("lambda=0.1|0.2", 1),
        ("lambda=1e-3..1e-1:log;hidden=8|16;batch_size=8..64", 3),
    ],
)
def test_report_and_picture(training, tmp_path, space, total):
    sweep = make_sweep(tmp_path / "x", space, seeds=(1, 2))
    study, _ = go(sweep, total, "random")
    table = write_report(study, sweep)
    assert (sweep.folder / "sweep.md").read_text() == table + "\n"
    frame = pd.read_csv(sweep.folder / "sweep.csv")
    assert len(frame) == total and list(frame)[1 : 1 + len(sweep.space)] == list(
        sweep.space
    )
    best = 50 + 100 * frame["lambda"].max()
    assert frame[FIGURES[0]][0] == frame[FIGURES[0]].max() == pytest.approx(best)
    flags = read_flagfile((sweep.folder / "best.flags").read_text())
    assert float(flags["lambda"]) == frame["lambda"].max()
    assert "measure" not in flags and flags["seed"] == "1"
    path = plot_sweep(study, sweep, sweep.folder / "sweep.png")
    picture = matplotlib.image.imread(path)
    assert picture.shape[0] > 300 and picture.std() > 0.01


def test_long_settings_have_short_names():
    settings = {f"flag{i}": "1" * 20 for i in range(20)}
    names = {folder_name({**settings, "flag19": str(i)}) for i in range(10)}
    assert len(names) == 10 and max(map(len, names)) <= 150
    assert folder_name({"hidden": "8,8", "lambda": "1e-5"}) == "hidden=8-8_lambda=1e-5"
