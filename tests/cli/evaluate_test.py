"""The evaluation command, as a user calls it."""

import json

import keras
import numpy as np
import pytest

from tests.commands import forked, fresh

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="runs on the default backend"
)
EVALUATE = "apps/evaluate.py"
METHODS = ("entropy", "fecam", "density")


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "digits"
    trained = forked(
        "apps/train.py",
        "--num_tasks=2",
        "--steps_per_task=40",
        "--epoch_steps=20",
        "--batch_size=32",
        "--hidden=24",
        "--sparsity=50",
        "--learning_rate=1e-2",
        "--nojit_compile",
        "--nomeasure_unseen",
        f"--run_dir={folder}",
    )
    assert trained.returncode == 0, trained.stderr
    done = fresh(
        EVALUATE,
        f"--run_dir={folder}",
        f"--methods={','.join(METHODS[:2])}",
        "--unknown=permuted_digits",
        COLUMNS="300",
    )
    return folder, done


def test_everything_stands_side_by_side(evaluated):
    folder, done = evaluated
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    results = json.loads((folder / "results.json").read_text())
    assert results["average_accuracy"] > 0  # what training wrote is still there
    assert results["class_incremental_measured_on"] == "test"
    for key in ("accuracy", "task_accuracy"):
        found = results[f"class_incremental_{key}"]
        assert tuple(found) == METHODS
        assert all(len(after) == 2 for after in found.values())
    known = results["class_incremental_known_task_accuracy"]
    assert known[-1] == pytest.approx(results["average_accuracy"])
    for name in ("entropy", "density"):  # their classes are those of the networks
        accuracy = results["class_incremental_accuracy"][name]
        tasks = results["class_incremental_task_accuracy"][name]
        assert accuracy[0] == pytest.approx(known[0])
        assert tasks[0] == 1.0
        assert accuracy[-1] <= min(tasks[-1], known[-1])
    for name in METHODS:
        assert results["class_incremental_ms_per_input"][name] > 0
        assert results["class_incremental_bytes_per_task"][name] > 0
        assert set(results["class_incremental_abstention"][name]) == {
            "noise",
            "permuted_digits",
        }
        curve = results["class_incremental_accuracy_at_coverage"]
        assert curve[name][-1] == pytest.approx(_weighted(results, name), abs=0.01)
        assert name in done.stdout


def _weighted(results, name):
    sizes = np.array([73, 71])  # test digits of each task; nearly equal
    own = results["class_incremental_per_task"][name]["accuracy"]
    return np.average(own, weights=sizes)


def test_files_it_leaves(evaluated):
    folder, _ = evaluated
    plots = {p.name for p in (folder / "plots").glob("inference_*")}
    assert plots == {
        f"inference_{kind}.png" for kind in ("confusion", "reliability", "coverage")
    }
    statistics = {p.name for p in (folder / "inference").iterdir()}
    assert statistics == {f"{name}.npz" for name in METHODS}


def test_runs_are_collected(evaluated, tmp_path):
    folder, _ = evaluated
    output = tmp_path / "table.md"
    done = forked(EVALUATE, f"--runs={folder}", f"--output={output}")
    assert done.returncode == 0, done.stderr
    text = output.read_text()
    assert done.stdout == text
    assert "## split_digits, unit masks" in text
    assert "**density**" in text
    assert text.count("\n| ") == len(METHODS) + 1


def test_mistakes_change_nothing(evaluated):
    folder, _ = evaluated
    before = (folder / "results.json").read_bytes()
    run = f"--run_dir={folder}"
    for arguments, words in (
        ([], "either --run_dir"),
        ([run, "--methods=guess"], "guess"),
    ):
        done = forked(EVALUATE, *arguments)
        assert done.returncode == 2, (arguments, done.stderr)
        assert len(done.stderr.splitlines()) == 1
        assert words in done.stderr
    assert (folder / "results.json").read_bytes() == before
