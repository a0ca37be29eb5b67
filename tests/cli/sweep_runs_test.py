"""Runs of a sweep as processes: followed, gone on with, ended early, refused."""

import os
import time

import pytest

from hypermask_tf.cli import sweep_runs
from hypermask_tf.cli.sweep_runs import RunFailedError, train
from hypermask_tf.training import FolderLock
from tests.commands import PROCESSES

FLAGS = "--hidden=8\n--noverbose\n--seed=3\n"
# Stands in for apps/train.py: learns a task at a time, and starts within a moment.
SCRIPT = """
import json, os, pathlib, sys, time
given = dict(a.removeprefix("--").partition("=")[::2] for a in sys.argv[2:])
run = pathlib.Path(given["run_dir"])
run.mkdir(parents=True, exist_ok=True)
with open(run / "calls.txt", "a") as file:
    print(os.getpid(), sorted(set(given) - {"run_dir"}), file=file)
if "resume" not in given:
    (run / "flags.txt").write_text(pathlib.Path(given["flagfile"]).read_text())
(run / "manifest.json").write_text("{}")
results = run / "results.json"
learned = len(json.loads(results.read_text())["train_seconds_per_task"]) \
    if results.exists() else 0
while learned < 3:
    time.sleep(float(given.get("data_dir", 0)))
    learned += 1
    text = json.dumps({"num_tasks": 3, "train_seconds_per_task": [1.0] * learned})
    (run / "part").write_text(text)
    os.replace(run / "part", results)
    if (run.parent / "fail").exists():
        sys.exit("no memory\\n")
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    script = tmp_path / "train.py"
    script.write_text(SCRIPT)
    monkeypatch.setattr(sweep_runs, "_COMMAND", script)
    monkeypatch.setattr(sweep_runs, "_SECONDS", 0.02)
    return tmp_path / "point" / "seed_3"


def calls(folder):
    lines = (folder / "calls.txt").read_text().splitlines()
    return [line.partition(" ")[2] for line in lines]


def test_a_run_is_given_after_each_task_and_not_trained_twice(folder):
    learned = [run.learned_tasks for run in train(folder, FLAGS, "0.3")]
    assert learned[-1] == 3 and learned == sorted(set(learned)) and len(learned) > 1
    [last] = train(folder, FLAGS, None)
    assert last.finished and last.flags["seed"] == "3"
    # What has no effect on a result may differ.
    assert len(list(train(folder, FLAGS.replace("noverb", "verb"), None))) == 1
    assert calls(folder) == ["['data_dir', 'flagfile', 'overwrite']"]


def test_who_stops_reading_ends_the_process_and_may_go_on(folder):
    runs = train(folder, FLAGS, "0.3")
    assert next(runs).learned_tasks == 1
    runs.close()
    pid = int((folder / "calls.txt").read_text().split()[0])
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    learned = [run.learned_tasks for run in train(folder, FLAGS, None)]
    assert learned[0] == 1 and learned[-1] == 3
    assert calls(folder)[1] == "['resume']"


def test_a_run_that_fails_says_why(folder):
    folder.parent.mkdir()
    (folder.parent / "fail").touch()
    with pytest.raises(RunFailedError, match=r"exit status 1: no memory .*seed_3\.log"):
        list(train(folder, FLAGS, None))
    (folder.parent / "fail").unlink()
    assert list(train(folder, FLAGS, None))[-1].finished


def test_a_run_with_other_flags_is_not_taken_for_it(folder):
    list(train(folder, FLAGS, None))
    with pytest.raises(RunFailedError, match="other flags"):
        list(train(folder, FLAGS.replace("8", "16"), None))


def _hold(folder, seconds):
    with FolderLock(folder):
        (folder / "held").touch()
        time.sleep(seconds)
        (folder / "held").unlink()


def test_a_process_of_a_killed_sweep_is_waited_for(folder):
    orphan = PROCESSES.Process(target=_hold, args=(folder, 2))
    orphan.start()
    until = time.monotonic() + 60
    while not (folder / "held").exists():
        assert time.monotonic() < until
        time.sleep(0.01)
    assert list(train(folder, FLAGS, None))[-1].finished
    assert not (folder / "held").exists()
    orphan.join(60)
