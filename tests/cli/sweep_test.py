"""The command that tries many settings, as a user calls it."""

import json

import keras
import pytest

from tests.commands import forked, fresh

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="runs on the default backend"
)
SWEEP = "apps/sweep.py"
SMALL = (
    "--num_tasks=2",
    "--steps_per_task=20",
    "--epoch_steps=20",
    "--batch_size=32",
    "--hidden=8",
    "--sparsity=50",
    "--nomeasure_unseen",
    "--nojit_compile",
)
# The second point fails: its data are not there.
GRID = ("--grid=benchmark=split_digits|split_mnist", "--data_dir=/nowhere")


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweeps") / "first"
    return folder, fresh(SWEEP, *SMALL, *GRID, f"--sweep_dir={folder}")


def test_a_failed_point_is_reported_and_the_others_go_on(swept):
    folder, done = swept
    assert done.returncode == 1, done.stderr
    summary = json.loads((folder / "sweep.json").read_text())
    assert summary["measured_on"] == "validation"
    good, bad = summary["points"]
    assert good["seeds"] == [1] and not good["failed"]
    assert bad["seeds"] == [] and "/nowhere" in bad["failed"][0]["reason"]
    results = json.loads((folder / good["name"] / "seed_1/results.json").read_text())
    assert results["measured_on"] == "validation"
    assert good["accuracy"]["mean"] == results["average_accuracy"]
    assert (folder / "sweep.md").read_text().strip() in done.stdout
    assert (folder / "sweep.png").stat().st_size > 1000


def test_a_sweep_goes_on_where_it_stopped(swept):
    folder, first = swept
    results = folder / "benchmark=split_digits/seed_1/results.json"
    before = results.stat().st_mtime_ns
    done = forked(SWEEP, *SMALL, *GRID, f"--sweep_dir={folder}")
    assert done.returncode == 1
    assert results.stat().st_mtime_ns == before
    assert "benchmark=split_digits seed=1" in first.stdout
    assert "benchmark=split_digits seed=1" not in done.stdout
    assert "benchmark=split_mnist seed=1" in done.stdout


def test_test_data_must_be_asked_for_on_the_command_line(tmp_path):
    flagfile = tmp_path / "x.flags"
    flagfile.write_text("--measure=test\n")
    arguments = (*GRID, f"--flagfile={flagfile}", f"--sweep_dir={tmp_path / 'x'}")
    done = forked(SWEEP, *SMALL, *arguments)
    assert done.returncode == 2
    assert "settings chosen on test data" in done.stderr
    assert done.stderr.startswith("sweep: ") and done.stderr.count("\n") == 1
    assert not (tmp_path / "x").exists()
