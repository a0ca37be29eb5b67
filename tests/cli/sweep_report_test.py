"""Tables and pictures of sweeps, with runs missing and failed."""

import itertools
import pathlib

import matplotlib.image
import numpy as np
import pytest

from hypermask_tf.cli.runs import Run
from hypermask_tf.cli.sweep_grid import Point
from hypermask_tf.cli.sweep_plot import plot_sweep
from hypermask_tf.cli.sweep_report import summarise, sweep_table

GRIDS = [
    {"lambda": ["0.01", "1", "0.1"]},
    {"protection": ["used", "all"]},
    {"sparsity": ["80", "90"], "hidden": ["8,8", "16", "4"]},
    {"sparsity": ["80", "90"], "hidden": ["8,8", "16"], "learning_rate": ["1", "2"]},
]


def _run(accuracy, seed):
    results = {
        "benchmark": "split_digits",
        "seed": seed,
        "num_tasks": 1,
        "train_seconds_per_task": [2.0],
        "accuracy_matrix": [[accuracy]],
        "average_accuracy": accuracy,
        "backward_transfer": None,
    }
    return Run(pathlib.Path("x"), {}, results)


def _summary(grid, accuracies, missing=None, measured_on="validation"):
    """A summary with seeds 1 and 2; point `missing` lacks the second."""
    points = [
        Point(tuple(zip(grid, values, strict=True)))
        for values in itertools.product(*grid.values())
    ]
    runs = {
        point: [_run(a, seed) for seed, a in zip((1, 2), pair, strict=True)]
        for point, pair in zip(points, accuracies, strict=False)
    }
    failed = {}
    if missing is not None:
        runs[points[missing]] = runs[points[missing]][:1]
        failed = {points[missing]: {2: "exit status 1: out of memory"}}
    return summarise(grid, points, (1, 2), runs, failed, measured_on)


@pytest.mark.parametrize("grid", GRIDS, ids=lambda grid: "-".join(grid))
def test_summary_and_table(grid):
    rng = np.random.default_rng(0)
    size = int(np.prod([len(values) for values in grid.values()]))
    accuracies = rng.uniform(0.5, 1, (size, 2))
    best = int(accuracies.mean(axis=1).argmax())
    summary = _summary(grid, accuracies.tolist())
    assert summary["best"] == summary["points"][best]["name"]
    for point, pair in zip(summary["points"], accuracies, strict=True):
        np.testing.assert_allclose(point["accuracy"]["mean"], pair.mean())
        np.testing.assert_allclose(point["accuracy"]["sd"], pair.std(ddof=1))
    lines = sweep_table(summary).splitlines()
    assert [line.count("**") for line in lines[2 : 2 + size]] == [
        2 * (i == best) for i in range(size)
    ]
    # A point that lacks a seed is not the best, however good the others.
    summary = _summary(grid, accuracies.tolist(), missing=best)
    assert summary["best"] != summary["points"][best]["name"]
    assert "out of memory" in sweep_table(summary)


def test_measuring_on_test_data_is_said():
    accuracies = [(0.5, 0.6)] * 2
    said = "settings chosen from this table"
    for on in ("test", "validation"):
        table = sweep_table(_summary(GRIDS[1], accuracies, measured_on=on))
        assert f"{on} accuracy %" in table
        assert (said in table) == (on == "test")


@pytest.mark.parametrize("grid", GRIDS, ids=lambda grid: "-".join(grid))
@pytest.mark.parametrize("known", [0, 1, 99])
def test_pictures_with_points_still_to_come(grid, known, tmp_path):
    size = int(np.prod([len(values) for values in grid.values()]))
    accuracies = np.random.default_rng(1).uniform(0, 1, (size, 2)).tolist()
    path = plot_sweep(_summary(grid, accuracies[:known]), tmp_path / "sweep.png")
    picture = matplotlib.image.imread(path)
    assert picture.shape[0] > 300 and picture.std() > 0.01
    assert [p.name for p in tmp_path.iterdir()] == ["sweep.png"]
