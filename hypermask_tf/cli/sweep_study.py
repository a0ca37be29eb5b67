"""The Optuna study of a sweep: opened, gone on with, and what counts in it."""

from typing import Any

import optuna
import sqlalchemy
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback
from optuna.trial import FrozenTrial, TrialState

from hypermask_tf.cli.flagfiles import read_flagfile
from hypermask_tf.cli.sweep_objective import SweepObjective
from hypermask_tf.cli.sweep_space import NOT_SWEPT, Space, trial_flags

# A machine that says nothing for two of these is gone, and others repeat its trials.
_HEARTBEAT_SECONDS = 60
_PRUNERS = {
    "none": optuna.pruners.NopPruner,
    "median": optuna.pruners.MedianPruner,
    "hyperband": optuna.pruners.HyperbandPruner,
}


class _Grid(optuna.samplers.GridSampler):
    """Does not end the study, where trials that failed may wait for another try."""

    def after_trial(self, *args: Any) -> None:
        """Does nothing."""


def open_study(
    sweep: SweepObjective, url: str | None, sampler: str, seed: int, pruner: str
) -> optuna.Study:
    """The study of a sweep, made if there is none; what failed is in line again.

    Args:
        sweep: The sweep.
        url: URL of a database; None for a file in the sweep's folder.
        sampler: `grid`, `tpe` or `random`.
        seed: Seed of the sampler.
        pruner: What ends trials early: `none`, `median` or `hyperband`.

    Raises:
        ValueError: If the database cannot be opened, or the study was made with other
            flags.
    """
    study = optuna.create_study(
        storage=_storage(url or f"sqlite:///{sweep.folder.absolute() / 'study.db'}"),
        study_name=sweep.study_name,
        direction="maximize",
        pruner=_PRUNERS[pruner](),
        load_if_exists=True,
    )
    _check_flags(study, sweep)
    # With one seed a study that goes on would be given its first points once more.
    study.sampler = _sampler(sampler, sweep.space, seed + len(study.trials))
    _retry_failed(study, sweep.owner)
    return study


def _storage(url: str) -> RDBStorage:
    try:
        return RDBStorage(
            url,
            heartbeat_interval=_HEARTBEAT_SECONDS,
            heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(),
        )
    except (sqlalchemy.exc.SQLAlchemyError, ImportError, RuntimeError) as error:
        raise ValueError(
            "Expected --storage to be the URL of a database that can be opened, such "
            f"as sqlite:////home/me/sweep.db or postgresql://me@host/sweeps. {error}"
        ) from error


def _sampler(name: str, space: Space, seed: int) -> optuna.samplers.BaseSampler:
    if name == "tpe":
        return optuna.samplers.TPESampler(seed=seed, constant_liar=True)
    if name == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    # One seed always: it numbers the points, and a study that goes on must agree.
    return _Grid({flag: among.choices for flag, among in space.items()}, seed=0)  # type: ignore[attr-defined]


def _check_flags(study: optuna.Study, sweep: SweepObjective) -> None:
    """Refuses a study that was made with other flags; notes those of a new one."""
    flags = read_flagfile(trial_flags({}, sweep.base, sweep.seeds[0]))
    for name in (*NOT_SWEPT, *sweep.space):
        flags.pop(name, None)
    made = study.user_attrs.get("flags")
    if made is None:
        study.set_user_attr("flags", flags)
    elif made != flags:
        names = sorted(k for k in {*made, *flags} if made.get(k) != flags.get(k))
        old, new = ({k: side.get(k) for k in names} for side in (made, flags))
        raise ValueError(
            f"The study was made with other flags: {old}. Received: {new}. Pass those "
            "to go on with it, or name another --sweep_dir"
        )


def current_trials(study: optuna.Study) -> list[FrozenTrial]:
    """The trials of a study but those that failed and were tried again."""
    trials = study.get_trials(deepcopy=False)
    again = {n for t in trials for n in t.system_attrs.get("retry_history", ())}
    return [trial for trial in trials if trial.number not in again]


def begun_trials(study: optuna.Study) -> list[FrozenTrial]:
    """The current trials without those that wait for a worker."""
    return [t for t in current_trials(study) if t.state != TrialState.WAITING]


def _retry_failed(study: optuna.Study, owner: str) -> None:
    """Puts trials that failed or broke off in line again, with the same values."""
    for trial in current_trials(study):
        if trial.state == TrialState.RUNNING and trial.user_attrs.get("owner") == owner:
            # The owner has only begun, and trains nothing yet.
            trial = study.tell(trial.number, state=TrialState.FAIL)
        if trial.state == TrialState.FAIL:
            RetryHeartbeatStaleTrialCallback()(study, trial)
