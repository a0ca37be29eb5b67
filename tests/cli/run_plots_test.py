"""The pictures of a run."""

from types import SimpleNamespace

from hypermask_tf.cli import run_plots
from hypermask_tf.training.accuracy_matrix import AccuracyMatrix


def test_forgotten_tasks_are_in_no_picture(tmp_path, monkeypatch):
    matrix = AccuracyMatrix(3)
    for after in range(3):
        for task in range(after + 1):
            matrix.record(after, task, 0.9)
    matrix.forget(1)
    seen = []
    curves = run_plots.run_plots.plot_task_curves
    monkeypatch.setattr(
        run_plots.run_plots,
        "plot_task_curves",
        lambda drawn, *args, names, **texts: (
            seen.append((drawn.num_tasks, names)),
            curves(drawn, *args, names=names, **texts),
        ),
    )
    results = {
        "benchmark": "data:x",
        "measured_on": "test",
        "task_names": ["ann", "task_01", "cy"],
        "capacity_used": [0.1, None, 0.3],
        "units_free": [0.9, None, 0.7],
    }
    run_plots.draw(SimpleNamespace(plots_dir=tmp_path), matrix, results)
    assert seen == [(2, ["ann", "cy"])]
    names = {"accuracy_matrix.png", "task_curves.png", "capacity.png"}
    assert {path.name for path in tmp_path.iterdir()} == names
