"""The commands that collect and compare runs, as a user calls them."""

import json

import keras
import pytest

from hypermask_tf.training.accuracy_matrix import AccuracyMatrix
from tests.commands import forked, fresh

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="runs on the default backend"
)
FLAGS = {
    "benchmark": "split_digits",
    "target": "mlp",
    "hidden": "24",
    "granularity": "unit",
    "sparsity": "90.0,80",
    "mask_scale": "width",
    "protection": "used",
    "hypernetwork": "mlp",
    "steps_per_task": "100",
    "batch_size": "32",
}


def _leave(path, accuracy, seed, units=None, **flags):
    matrix = AccuracyMatrix.from_dict({"accuracy_matrix": [[accuracy] * 2] * 2})
    results = {
        "benchmark": flags.get("benchmark", "split_digits"),
        "seed": seed,
        "num_tasks": 2,
        "measured_on": "validation",
        "train_seconds_per_task": [1.0, 2.0],
        **matrix.to_dict(),
    }
    if units is not None:
        results["units_kept"] = [units, units]
    path.mkdir()
    (path / "manifest.json").write_text("{}")
    lines = [f"--{k}={v}" for k, v in {**FLAGS, **flags, "seed": seed}.items()]
    (path / "flags.txt").write_text("\n".join([*lines, "--noramp"]) + "\n")
    (path / "results.json").write_text(json.dumps(results))


@pytest.fixture
def runs(tmp_path):
    for seed, accuracy in ((1, 0.75), (2, 0.5)):
        _leave(tmp_path / f"run_{seed}", accuracy, seed, units=7)
        if seed == 1:
            manifest = {"hardware": "3 cores of X", "backend": "jax"}
            path = tmp_path / "run_1" / "manifest.json"
            path.write_text(json.dumps(manifest))
        _leave(tmp_path / f"run_a{seed}", 1.0, seed, baseline="alone")
    return f"--runs={tmp_path}/run_*"


def test_compare_leaves_out_what_is_not_finished(runs, tmp_path):
    path = tmp_path / "run_2" / "results.json"
    results = json.loads(path.read_text())
    path.write_text(json.dumps({**results, "num_tasks": 3}))
    done = forked("apps/compare.py", runs)
    assert "run_2, 2 of 3 tasks" in done.stderr
    assert "| 1 | 75.00 |" in done.stdout and "50.00" not in done.stdout
    done = forked("apps/compare.py", f"--runs={tmp_path}/run_2")
    assert done.returncode == 2 and "No run has learned all" in done.stderr


def test_compare_writes_a_table_and_its_numbers(runs, tmp_path):
    output = tmp_path / "docs" / "x.md"
    done = fresh("apps/compare.py", runs, f"--output={output}")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert output.read_text().strip() == done.stdout.strip()
    assert "measured on validation data" in done.stdout
    [section] = json.loads(output.with_suffix(".json").read_text())
    base, own = section["methods"]
    assert base["flags"]["baseline"] == "alone" and base["units_kept"] is None
    assert own["units_kept"] == 7
    assert own["forward_transfer_over_alone"] == [-0.25, -0.5]
    assert own["forward_transfer_over_finetune"] == []
    row = next(line for line in done.stdout.splitlines() if "unit masks" in line)
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[2:7] == [
        "1, 2",
        "62.50 ± 17.68",
        "+0.00 ± 0.00",
        "-37.50 ± 17.68",
        "–",
    ]


def test_report_says_what_was_measured(runs):
    done = fresh("apps/report.py", runs)
    assert done.returncode == 0, done.stderr
    own = next(line for line in done.stdout.splitlines() if "used" in line)
    assert "split_digits (validation)" in own and "| 90, 80 |" in own
    assert "none (alone)" in done.stdout
    assert "| mlp 24 |" in own and "| 3 cores of X, jax; – |" in own
    # Nothing was published of these digits.
    assert "| 62.50 ± 17.68 | – | – |" in own


def test_report_shows_a_reduced_run_as_one(tmp_path):
    flags = {"benchmark": "split_mnist", "hidden": "400,400", "steps_per_task": "500"}
    _leave(tmp_path / "run", 0.5, 1, **flags)
    done = forked("apps/report.py", f"--runs={tmp_path}/run")
    assert done.returncode == 0, done.stderr
    row = next(line for line in done.stdout.splitlines() if "used" in line)
    assert "| 2 of 5 | 500 of 2,000 |" in row
    assert (
        "| 50.00 | 99.64 ± 0.07 | weight masks, 5 tasks, 2,000 steps of 128, test data"
        in row
    )


def test_no_run_is_a_mistake(tmp_path):
    done = forked("apps/compare.py", f"--runs={tmp_path}/none_*")
    assert done.returncode == 2
    assert done.stderr.startswith("compare: No finished run")
    assert done.stderr.count("\n") == 1
