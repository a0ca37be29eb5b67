"""Puts finished runs side by side, a table for each benchmark and target network.

    python apps/compare.py --runs='runs/cmp_*' --output=docs/results/x.md

Runs that differ in their seed only make one row: mean ± sample deviation over seeds.
Runs of `apps/train.py --baseline=alone` and `--baseline=finetune` among them are what
forward transfer is measured against. With `--output` the numbers are also written as
JSON beside the table.
"""

import pathlib
import statistics
import sys
from collections.abc import Sequence
from typing import Any

from absl import flags

from hypermask_tf import files
from hypermask_tf.cli import paths, tables
from hypermask_tf.cli.comparison import Entry, compare, problem
from hypermask_tf.cli.naming import title
from hypermask_tf.cli.runs import Run, find_runs, group

_RUNS = paths.define_paths("runs", ["runs/*"], "Run folders, or patterns of them.")
_OUTPUT = paths.define_path(
    "output", None, "Write the tables to this file too (.md), and JSON beside it."
)
_ACROSS = flags.DEFINE_bool(
    "across_networks",
    False,
    "Put runs with different target networks into one table: shared networks that are "
    "wider than what a task has of them, beside dense ones.",
)

_DEFINITIONS = """\
Accuracy: mean over all tasks after the last was learned, task identity known. Backward
transfer: mean over tasks but the last of that accuracy less the one right after
learning the task. Over alone, over finetune (forward transfer): accuracy right after
learning a task less the baseline's on the same task right after learning it (mean over
its seeds), mean over tasks but the first. Alone: a dense network from first weights for
each task. Finetune: one dense network that goes on from task to task, without masks or
protection. A baseline counts where it has the same steps and batch size; of several the
one that learns best. Units kept, parameters and MACs: of a task's network with
everything dead removed, mean over tasks; MACs of one prediction at batch 1. Numbers in
points or as named, mean ± sample deviation over seeds; – where something is missing."""


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    if _OUTPUT.value and pathlib.Path(_OUTPUT.value).suffix == ".json":
        raise ValueError(
            "The table is Markdown, and its JSON is written beside it. Name a .md "
            f"file. Received: --output={_OUTPUT.value}"
        )
    runs = _finished(find_runs(_RUNS.value))
    sections = [
        (title(same), compare(same))
        for same in group(runs, lambda run: problem(run, _ACROSS.value))
    ]
    text = "\n\n".join(
        [
            *(
                f"## {heading}\n\n{tables.markdown(map(_row, entries))}"
                for heading, entries in sections
            ),
            _DEFINITIONS,
        ]
    )
    print(text)
    if _OUTPUT.value:
        files.write_text(_OUTPUT.value, text + "\n")
        numbers = [
            {"title": heading, "methods": [_numbers(entry) for entry in entries]}
            for heading, entries in sections
        ]
        files.write_json(pathlib.Path(_OUTPUT.value).with_suffix(".json"), numbers)
    return 0


def _finished(runs: Sequence[Run]) -> list[Run]:
    """The runs that learned all their tasks; a mean over fewer is another figure."""
    for run in runs:
        if not run.finished:
            print(
                f"Left out, not finished: {run.path}, {run.learned_tasks} of "
                f"{run.results['num_tasks']} tasks",
                file=sys.stderr,
            )
    finished = [run for run in runs if run.finished]
    if not finished:
        raise ValueError(
            "No run has learned all its tasks. Go on with apps/train.py --resume. "
            f"Received: {len(runs)} unfinished"
        )
    return finished


def _row(entry: Entry) -> dict[str, str]:
    runs = entry.runs
    transfer = [run.results["backward_transfer"] for run in runs]
    return {
        "method": entry.name,
        "steps a task": runs[0].flags["steps_per_task"],
        "seeds": ", ".join(map(str, sorted(run.results["seed"] for run in runs))),
        "accuracy %": tables.percent(run.results["average_accuracy"] for run in runs),
        "backward transfer": tables.percent(transfer, "+"),
        "over alone": tables.percent(entry.over_alone, "+"),
        "over finetune": tables.percent(entry.over_finetune, "+"),
        "units kept": _count(runs, "units_kept"),
        "parameters a task": _count(runs, "parameters_per_task"),
        "MACs a task": _count(runs, "macs_per_task"),
        "training s": tables.seconds([run.seconds for run in runs]),
    }


def _per_task(runs: Sequence[Run], key: str) -> float | None:
    """Mean over tasks and runs; None where a run does not know."""
    values = [value for run in runs for value in run.results.get(key, [None])]
    return None if None in values else statistics.mean(values)


def _count(runs: Sequence[Run], key: str) -> str:
    mean = _per_task(runs, key)
    return tables.MISSING if mean is None else f"{mean:,.0f}"


def _numbers(entry: Entry) -> dict[str, Any]:
    """A row as numbers; accuracies are fractions, one per run."""
    runs = entry.runs
    return {
        "method": entry.name,
        "flags": dict(runs[0].settings),
        "runs": [str(run.path) for run in runs],
        "seeds": [run.results["seed"] for run in runs],
        "accuracy": [run.results["average_accuracy"] for run in runs],
        "backward_transfer": [run.results["backward_transfer"] for run in runs],
        "learning_accuracy": [run.learning_accuracy for run in runs],
        "forward_transfer_over_alone": entry.over_alone,
        "forward_transfer_over_finetune": entry.over_finetune,
        "units_kept": _per_task(runs, "units_kept"),
        "parameters_per_task": _per_task(runs, "parameters_per_task"),
        "macs_per_task": _per_task(runs, "macs_per_task"),
        "train_seconds": [run.seconds for run in runs],
    }
