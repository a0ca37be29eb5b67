"""Tables of class-incremental results: of one run, and of several."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table

from hypermask_tf.cli import tables
from hypermask_tf.cli.runs import Run

PREFIX = "class_incremental_"
DEFINITIONS = """\
Task: share of inputs whose task was inferred; pooled: share of batches of {pool} inputs
of one task. Class-incremental: share of inputs whose task and class are right, to be
held against accuracy with the task known, which is above the table. All mean over
tasks, after the last task. Calibration error: expected calibration error of the
confidence in task and class, 15 bins. Kept: share of inputs that are answered at the
threshold that keeps {wanted:g} % of validation data, and the class-incremental accuracy
on them. Abstains: share of inputs from no task that are not answered at that threshold.
ms: of one input in a batch of 1,000, all tasks' networks included. Bytes: of statistics
per task. Settings and networks are those of the runs; ± is the sample deviation over
seeds."""


def summary_rows(results: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, float]]]:
    """The figures of each method of a run by column, in the order of the table."""
    get = lambda key: results[PREFIX + key]  # noqa: E731
    for name in get("accuracy"):
        columns = {
            "task %": 100 * get("task_accuracy")[name][-1],
            "pooled task %": 100 * get("pooled")["task_accuracy"][name],
            "class-incremental %": 100 * get("accuracy")[name][-1],
            "calibration error %": 100 * get("calibration_error")[name],
            "kept %": 100 * get("coverage")[name]["kept"],
            "accuracy of kept %": 100 * get("coverage")[name]["accuracy_of_kept"],
        }
        for source, rate in get("abstention")[name].items():
            columns[f"abstains: {source} %"] = 100 * rate
        columns["ms"] = get("ms_per_input")[name]
        columns["bytes a task"] = get("bytes_per_task")[name]
        yield name, columns


def one_run(results: Mapping[str, Any]) -> list[Table]:
    """For the terminal: the methods at the end, and after every task."""
    measured = results[f"{PREFIX}measured_on"]
    known = results[f"{PREFIX}known_task_accuracy"]
    rows = list(summary_rows(results))
    final = Table(
        title=f"Unknown task, {measured} data, after the last task; accuracy with "
        f"known task {100 * known[-1]:.2f} %"
    )
    final.add_column("method")
    for column in rows[0][1]:
        final.add_column(column, justify="right")
    for name, columns in rows:
        style = "bold" if name == results[f"{PREFIX}default"] else ""
        final.add_row(name, *map(_cell, columns, columns.values()), style=style)
    steps = Table(title="Class-incremental accuracy % / inferred tasks %, after a task")
    steps.add_column("method")
    for task in range(len(known)):
        steps.add_column(f"task {task}", justify="right")
    steps.add_row("known task", *(f"{100 * value:.2f}" for value in known))
    for name, values in results[f"{PREFIX}accuracy"].items():
        tasks = results[f"{PREFIX}task_accuracy"][name]
        pairs = zip(values, tasks, strict=True)
        steps.add_row(name, *(f"{100 * a:.2f} / {100 * t:.2f}" for a, t in pairs))
    return [steps, final]


def several_runs(runs: Sequence[Run]) -> str:
    """A Markdown table of runs that differ in their seed only."""
    found = [dict(summary_rows(run.results)) for run in runs]
    names = [n for n in found[0] if all(n in methods for methods in found)]
    columns = [
        column
        for column in found[0][names[0]]
        if all(column in methods[name] for methods in found for name in names)
    ]
    rows = [
        {"method": n, **{c: _spread(c, [run[n][c] for run in found]) for c in columns}}
        for n in names
    ]
    default = runs[0].results[f"{PREFIX}default"]
    return tables.markdown(
        {c: f"**{cell}**" for c, cell in r.items()} if r["method"] == default else r
        for r in rows
    )


def heading(runs: Sequence[Run]) -> str:
    """What stands above such a table."""
    first = runs[0]
    chosen = first.flags
    known = [100 * r.results[f"{PREFIX}known_task_accuracy"][-1] for r in runs]
    seeds = ", ".join(str(seed) for seed in sorted(r.results["seed"] for r in runs))
    on_base = chosen.get("base", "none") != "none"
    kind = f"{chosen['base']} base" if on_base else f"{chosen['granularity']} masks"
    return (
        f"## {first.results['benchmark']}, {kind}\n\n"
        f"{first.results['num_tasks']} tasks, {chosen['target']}, "
        f"{chosen['steps_per_task']} steps a task, seeds {seeds}, measured on "
        f"{first.results[f'{PREFIX}measured_on']} data. Accuracy with the task known: "
        f"{tables.spread(known)} %."
    )


def _cell(column: str, value: float) -> str:
    return f"{value:{_format(column)}}"


def _spread(column: str, values: Sequence[float]) -> str:
    if column == "bytes a task":
        return f"{statistics.mean(values):,.0f}"
    return tables.spread(values, digits=3 if column == "ms" else 2)


def _format(column: str) -> str:
    return {"bytes a task": ",.0f", "ms": ".3f"}.get(column, ".2f")
