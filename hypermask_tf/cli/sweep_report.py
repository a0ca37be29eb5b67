"""What a sweep has found: a table, a CSV file and the best flagfile."""

import optuna
import pandas as pd
from optuna.trial import FrozenTrial, TrialState

from hypermask_tf import files
from hypermask_tf.cli import tables
from hypermask_tf.cli.sweep_objective import FIGURES, SweepObjective
from hypermask_tf.cli.sweep_space import as_text, trial_flags
from hypermask_tf.cli.sweep_study import current_trials

# More rows of the table are in the CSV file only.
_ROWS = 30
_DEFINITIONS = (
    "Best first; measured on validation data, mean over seeds. ±: sample deviation of "
    "the accuracy. Learning accuracy: mean accuracy on a task right after learning it."
)


def outcome(trial: FrozenTrial) -> str:
    """How a trial ended, or that it has not."""
    if trial.state == TrialState.PRUNED:
        return f"pruned after {trial.last_step} tasks"
    if trial.state == TrialState.FAIL:
        return f"failed: {trial.user_attrs.get('failed', 'broke off')}"
    return trial.state.name.lower()


def trials_frame(study: optuna.Study, sweep: SweepObjective) -> pd.DataFrame:
    """A row for each trial, the best first: its values, how it ended, its figures."""
    rows = []
    for trial in current_trials(study):
        runs = pd.DataFrame(trial.user_attrs.get("runs"), columns=FIGURES, dtype=float)
        values = as_text({flag: trial.params.get(flag) for flag in sweep.space})
        ended = {"trial": trial.number, **values, "outcome": outcome(trial)}
        first = {FIGURES[0]: None, "±": runs[FIGURES[0]].std()}
        rows.append({**ended, **first, **runs.mean()})
    return pd.DataFrame(rows).sort_values(FIGURES[0], ascending=False)


def write_report(study: optuna.Study, sweep: SweepObjective) -> str:
    """Writes `sweep.csv`, `sweep.md` and `best.flags`; returns the table."""
    frame = trials_frame(study, sweep)
    failed = frame[frame["outcome"].str.startswith("failed")]
    shown = frame.head(_ROWS).assign(outcome=frame["outcome"].str.partition(":")[0])
    lines = [tables.markdown(shown.to_dict("records")), "", _DEFINITIONS]
    if len(frame) > _ROWS:
        lines.append(f"{len(frame) - _ROWS} more trials are in sweep.csv.")
    lines += [f"Trial {row.trial} {row.outcome}" for row in failed.itertuples()]
    table = "\n".join(lines)
    files.write_text(sweep.folder / "sweep.csv", frame.to_csv(index=False))
    files.write_text(sweep.folder / "sweep.md", table + "\n")
    if (frame["outcome"] == "complete").any():
        files.write_text(sweep.folder / "best.flags", _best_flags(study, sweep))
    return table


def _best_flags(study: optuna.Study, sweep: SweepObjective) -> str:
    """The best trial's flagfile, without --measure: what comes next may be a test."""
    best = study.best_trial
    settings = as_text({flag: best.params[flag] for flag in sweep.space})
    text = trial_flags(settings, sweep.base, sweep.seeds[0])
    heading = (
        f"# Trial {best.number}, the best of {sweep.study_name}: validation accuracy "
        f"{100 * study.best_value:.2f} %, seeds {', '.join(map(str, sweep.seeds))}.",
        *(f"#   {flag}={value}" for flag, value in settings.items()),
    )
    kept = (line for line in text.splitlines() if not line.startswith("--measure="))
    return "\n".join([*heading, *kept, ""])
