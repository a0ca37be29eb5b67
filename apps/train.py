"""Learns the tasks of a benchmark one after the other, and keeps the run.

    python apps/train.py --flagfile=apps/recipes/split_digits.flags --run_dir=runs/x

The run folder holds the flags, a manifest, `results.json` after every task, a
checkpoint per task, logs and plots. The exit status is 0 only if every task was
learned; 1 if training broke off; 2, with one line on standard error, for a mistake in
the call.
"""

import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
if __package__ in (None, ""):  # started as a file from a plain checkout
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from export.quiet import quiet_stderr, start_backend

with quiet_stderr():
    import keras
    import numpy as np
    from absl import flags
    from rich.console import Console

    from apps import train_flags as f
    from apps.build import build_model, build_scenario
    from apps.flagfiles import flagfile
    from apps.manifest import make_manifest
    from apps.progress import TaskProgress, accuracy_table, make_progress, summary
    from export import command
    from hypermask_tf import HyperMask, plots
    from hypermask_tf.capacity_plot import plot_capacity
    from hypermask_tf.metrics import AccuracyMatrix
    from hypermask_tf.scenarios import Scenario
    from hypermask_tf.training import NonFiniteLossError, RunFolder, TaskSequence

    start_backend()


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    console = Console()
    RunFolder.check_free(str(f.RUN_DIR.value), f.OVERWRITE.value)
    keras.utils.set_random_seed(f.SEED.value)
    scenario = build_scenario()
    model = build_model(scenario)
    if f.VERBOSE.value or f.DRY_RUN.value:
        model.summary()
    if f.DRY_RUN.value:
        return 0
    run = RunFolder.create(str(f.RUN_DIR.value), overwrite=f.OVERWRITE.value)
    run.write_manifest(_manifest(scenario, model))
    run.write_flags(flagfile(flags.FLAGS))
    with make_progress(console) as progress:
        sequence = TaskSequence(
            model,
            scenario,
            run,
            steps_per_task=f.STEPS.value,
            batch_size=f.BATCH.value,
            seed=f.SEED.value,
            epoch_steps=f.EPOCH_STEPS.value,
            measure_unseen=f.MEASURE_UNSEEN.value,
            measure=f.MEASURE.value,
            limit_train=f.LIMIT_TRAIN.value,
            inherit=f.INHERIT.value if f.BASELINE.value == "none" else "none",
            grow=f.GROW.value,
            restart=f.BASELINE.value == "alone",
            select=f.SELECT.value,
            plateau=f.PLATEAU.value,
            callbacks=lambda task: [
                TaskProgress(progress, f"task {task}", f.STEPS.value),
                *_loggers(run, task),
            ],
        )
        try:
            sequence.learn(
                lambda task, matrix: progress.console.print(
                    f"{task.name}: {summary(matrix)}"
                )
            )
        except NonFiniteLossError as error:
            return _broken(run, sequence.matrix, error)
        except Exception:
            # Past the set-up an error is not the user's: it keeps its traceback.
            traceback.print_exc()
            return _broken(run, sequence.matrix, "Training broke off.")
    _draw(run, sequence.matrix, sequence.results())
    console.print(accuracy_table(sequence.matrix, f.MEASURE.value))
    seconds = sum(sequence.results()["train_seconds_per_task"])
    console.print(f"Trained in {seconds:.0f} s. The run is in {run.path}")
    return 0


def _manifest(scenario: Scenario, model: HyperMask) -> dict[str, Any]:
    return make_manifest(
        scenario,
        model,
        f.SEED.value,
        f.DATA_DIR.value,
        measured_on=f.MEASURE.value,
        limit_train=f.LIMIT_TRAIN.value,
        baseline=f.BASELINE.value,
    )


def _loggers(run: RunFolder, task: int) -> list[keras.callbacks.Callback]:
    run.logs_dir.mkdir(exist_ok=True)
    loggers = [keras.callbacks.CSVLogger(str(run.logs_dir / f"task_{task:02d}.csv"))]
    if f.TENSORBOARD.value:
        folder = str(run.logs_dir / f"task_{task:02d}")
        loggers.append(keras.callbacks.TensorBoard(folder))
    return loggers


def _draw(run: RunFolder, matrix: AccuracyMatrix, results: dict[str, Any]) -> None:
    measured = f"{f.MEASURE.value} accuracy"
    plots.plot_accuracy_matrix(
        matrix,
        run.plots_dir / "accuracy_matrix.png",
        title=f"{f.BENCHMARK.value}: {measured} on each task",
    )
    plots.plot_task_curves(
        matrix,
        run.plots_dir / "task_curves.png",
        title=f"{measured.capitalize()} over time",
    )
    used, free = results["capacity_used"], results["units_free"]
    if None not in used:
        plot_capacity(
            np.diag(matrix.matrix).tolist(),
            matrix.matrix[-1].tolist(),
            used,
            run.plots_dir / "capacity.png",
            free_units=None if None in free else free,
            title=f"{f.BENCHMARK.value}: accuracy while the network fills",
            measured_on=f.MEASURE.value,
        )


def _broken(run: RunFolder, matrix: AccuracyMatrix, error: object) -> int:
    done = matrix.num_finished
    kept = f"task_{done - 1:02d}.keras" if done else "none"
    command.mistake(f"{error} Last good checkpoint in {run.checkpoints_dir}: {kept}")
    return command.FAILED


flags.register_validator(
    "run_dir", bool, message="Pass a folder for the run: --run_dir=runs/x"
)
# `--help` lists the flags of this module only.
flags.adopt_module_key_flags(f)
flags.adopt_module_key_flags(command)

if __name__ == "__main__":
    command.run(main)
