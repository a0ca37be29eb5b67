"""The command that searches settings, as a user calls it."""

import json
import os
import signal
import subprocess
import sys
import time

import keras
import optuna
import pandas as pd
import pytest

from tests.commands import ROOT, forked, fresh

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="runs on the default backend"
)
SWEEP = "apps/sweep.py"
SMALL = """\
--num_tasks=2
--steps_per_task=20
--epoch_steps=20
--batch_size=32
--hidden=8
--sparsity=50
"""
QUICK = "--nomeasure_unseen\n--nojit_compile\n"
# The second trial fails: its data are not there.
GRID = ("--grid=benchmark=split_digits|split_mnist", "--data_dir=/nowhere")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """Two flagfiles."""
    folder = tmp_path_factory.mktemp("flags")
    for name, text in (("small", SMALL), ("quick", QUICK)):
        (folder / name).write_text(text)
    return [f"--flagfile={folder / name}" for name in ("small", "quick")]


@pytest.fixture(scope="module")
def swept(base, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweeps") / "first"
    return folder, fresh(SWEEP, *base, *GRID, "--jobs=2", f"--sweep_dir={folder}")


def _results(folder):
    return {p.parent.parent.name: p for p in folder.glob("*/seed_1/results.json")}


def test_a_failed_trial_is_reported_and_the_others_go_on(swept):
    folder, done = swept
    assert done.returncode == 1, done.stderr
    good, bad = pd.read_csv(folder / "sweep.csv").to_dict("records")
    assert good["benchmark"] == "split_digits" and good["outcome"] == "complete"
    assert bad["outcome"].startswith("failed") and "/nowhere" in bad["outcome"]
    [(name, path)] = _results(folder).items()
    results = json.loads(path.read_text())
    assert name == "benchmark=split_digits" and results["measured_on"] == "validation"
    assert good["validation accuracy %"] == pytest.approx(
        100 * results["average_accuracy"]
    )
    assert (folder / "sweep.md").read_text().strip() in done.stdout
    assert (folder / "sweep.png").stat().st_size > 1000


def test_a_sweep_goes_on_where_it_stopped(base, swept):
    folder, first = swept
    [path] = _results(folder).values()
    before = path.stat().st_mtime_ns
    done = forked(SWEEP, *base, *GRID, f"--sweep_dir={folder}")
    assert done.returncode == 1
    assert path.stat().st_mtime_ns == before
    assert ", benchmark=split_digits: complete" in first.stdout
    assert ", benchmark=split_digits: complete" not in done.stdout
    assert ", benchmark=split_mnist: failed" in done.stdout


def test_the_best_flags_train_the_same_again(swept, tmp_path):
    folder, _ = swept
    best = (f"--flagfile={folder / 'best.flags'}", "--measure=validation")
    done = forked("apps/train.py", *best, f"--run_dir={tmp_path / 'x'}")
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "x" / "results.json").read_text())
    [path] = _results(folder).values()
    first = json.loads(path.read_text())
    assert results["accuracy_matrix"] == first["accuracy_matrix"]


def test_a_killed_sweep_goes_on(base, tmp_path):
    folder = tmp_path / "x"
    command = (SWEEP, *base, "--space=learning_rate=1e-3..1e-1:log", "--trials=1")
    process = subprocess.Popen(
        [sys.executable, *command, f"--sweep_dir={folder}"],
        cwd=ROOT,
        start_new_session=True,
    )
    until = time.monotonic() + 300
    while not _results(folder):
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    [before] = _results(folder).values()
    manifest = before.with_name("manifest.json")
    assert "resumed" not in json.loads(manifest.read_text())
    done = forked(*command, f"--sweep_dir={folder}")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(manifest.read_text())["resumed"]) == 1
    assert len(pd.read_csv(folder / "sweep.csv")) == len(_results(folder)) == 1
    url = f"sqlite:///{folder / 'study.db'}"
    [study] = optuna.get_all_study_summaries(url)
    broken, again = optuna.load_study(study_name=study.study_name, storage=url).trials
    assert (broken.state.name, again.state.name) == ("FAIL", "COMPLETE")
    assert broken.params == again.params


@pytest.mark.parametrize("given", ["flagfile", "command line"])
def test_a_sweep_never_measures_on_test_data(tmp_path, given):
    flagfile = tmp_path / "x.flags"
    flagfile.write_text("--measure=test\n")
    asked = "--measure=test" if given == "command line" else f"--flagfile={flagfile}"
    done = forked(SWEEP, *GRID, asked, f"--sweep_dir={tmp_path / 'x'}")
    assert done.returncode == 2
    assert "settings chosen on test data" in done.stderr
    assert done.stderr.startswith("sweep: ") and done.stderr.count("\n") == 1
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--space=sparsty=80|90",), "Did you mean sparsity"),
        (("--space=sparsity=80|190",), "sparsity=190"),
        (("--space=sparsity=80..90", "--sampler=grid"), "with a range"),
        ((), "Pass a space"),
    ],
)
def test_mistakes_are_told_in_one_line(tmp_path, arguments, message):
    done = forked(SWEEP, *arguments, f"--sweep_dir={tmp_path / 'x'}")
    assert done.returncode == 2 and message in done.stderr
    assert done.stderr.count("\n") == 1 and not (tmp_path / "x").exists()


def test_optuna_is_asked_for_where_it_is_missing(tmp_path):
    (tmp_path / "optuna.py").write_text("raise ImportError('No module named optuna')")
    done = fresh(
        SWEEP, *GRID, f"--sweep_dir={tmp_path / 'x'}", PYTHONPATH=str(tmp_path)
    )
    assert done.returncode == 2 and "pip install optuna" in done.stderr
