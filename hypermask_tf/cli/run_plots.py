"""The plots of a run."""

from typing import Any

import numpy as np

from hypermask_tf.plots import run_plots
from hypermask_tf.plots.capacity_plot import plot_capacity
from hypermask_tf.training import RunFolder
from hypermask_tf.training.accuracy_matrix import AccuracyMatrix


def draw(run: RunFolder, matrix: AccuracyMatrix, results: dict[str, Any]) -> None:
    """Draws what `results.json` holds into the run's folder of plots.

    Of tasks that were forgotten nothing is drawn.
    """
    benchmark, on = results["benchmark"], results["measured_on"]
    named = results.get("task_names", [])
    own = any(name != f"task_{i:02d}" for i, name in enumerate(named))
    names = [named[task] for task in matrix.tasks] if own else None
    used, free = (
        [results[key][task] for task in matrix.tasks]
        for key in ("capacity_used", "units_free")
    )
    matrix = matrix.without_forgotten()
    measure = matrix.measure
    measured = f"{on} {measure.title}"
    run_plots.plot_accuracy_matrix(
        matrix,
        run.plots_dir / f"{measure.name}_matrix.png",
        title=f"{benchmark}: {measured} on each task",
        names=names,
    )
    run_plots.plot_task_curves(
        matrix,
        run.plots_dir / "task_curves.png",
        title=f"{measured[:1].upper()}{measured[1:]} over time",
        names=names,
    )
    if None not in used:
        plot_capacity(
            np.diag(matrix.matrix).tolist(),
            matrix.matrix[-1].tolist(),
            used,
            run.plots_dir / "capacity.png",
            free_units=None if None in free else free,
            title=f"{benchmark}: {measure.title} while the network fills",
            measured_on=on,
            measure=measure,
        )
