"""Which runs of a sweep are there already."""

import json

import pytest

from hypermask_tf.cli.sweep_grid import Point
from hypermask_tf.cli.sweep_runs import SweepRun

FLAGS = "--hidden=8\n--seed=3\n"


@pytest.fixture
def wanted(tmp_path):
    return SweepRun(Point((("hidden", "8"),)), 3, FLAGS, tmp_path)


def _leave(path, learned, flags=FLAGS):
    path.mkdir(parents=True)
    (path / "manifest.json").write_text("{}")
    (path / "flags.txt").write_text(flags)
    results = {"num_tasks": 2, "train_seconds_per_task": [1.0] * learned}
    (path / "results.json").write_text(json.dumps(results))


@pytest.mark.parametrize(("learned", "there"), [(None, False), (1, False), (2, True)])
def test_a_run_is_there_when_every_task_was_learned(wanted, learned, there):
    if learned is not None:
        _leave(wanted.path, learned)
    found = wanted.finished()
    assert (found is not None) == there
    if there:
        assert found.flags == {"hidden": "8", "seed": "3"}


def test_a_run_with_other_choices_is_not_taken_for_it(wanted):
    _leave(wanted.path, 2, flags="--hidden=16\n--seed=3\n")
    with pytest.raises(ValueError, match="other choices"):
        wanted.finished()
