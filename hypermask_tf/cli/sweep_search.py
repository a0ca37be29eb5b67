"""Trains the trials of a sweep that are missing, several at a time."""

import concurrent.futures
import threading

import optuna
from optuna.trial import FrozenTrial, TrialState
from rich.progress import Progress

from hypermask_tf.cli.sweep_objective import SweepObjective
from hypermask_tf.cli.sweep_report import outcome, write_report
from hypermask_tf.cli.sweep_runs import RunFailedError
from hypermask_tf.cli.sweep_space import as_text
from hypermask_tf.cli.sweep_study import begun_trials, current_trials


def search(
    study: optuna.Study,
    sweep: SweepObjective,
    total: int,
    workers: int,
    progress: Progress,
) -> bool:
    """Goes on until a study has `total` trials.

    Args:
        study: The study.
        sweep: What a trial is.
        total: How many trials to have, those of other machines included.
        workers: Trials at the same time.
        progress: The display.

    Returns:
        Whether no trial failed.
    """
    begun = len(begun_trials(study))
    bar = progress.add_task("trials", total=total, completed=begun, figures="")
    writing = threading.Lock()

    def tell(study: optuna.Study, trial: FrozenTrial) -> None:
        named = " ".join(map("=".join, as_text(trial.params).items()))
        line = f"trial {trial.number}, {named}: {outcome(trial)}"
        if trial.state == TrialState.COMPLETE:
            line += f", {100 * (trial.value or 0.0):.2f} %"
        with writing:
            write_report(study, sweep)
            progress.console.print(line, markup=False, soft_wrap=True)
            progress.update(bar, advance=1)

    def train(_: int) -> None:
        # Other machines may have begun some since.
        if len(begun_trials(study)) < total:
            study.optimize(sweep, 1, catch=(RunFailedError,), callbacks=[tell])

    pool = concurrent.futures.ThreadPoolExecutor(workers)
    try:
        # Again, for a machine that is gone leaves its trials to the others.
        while begun < total:
            list(pool.map(train, range(total - begun)))
            begun = len(begun_trials(study))
    finally:
        # Interrupted: trials that have not begun do not begin.
        pool.shutdown(cancel_futures=True)
    return all(trial.state != TrialState.FAIL for trial in current_trials(study))
