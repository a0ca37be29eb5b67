"""Collects finished runs into one Markdown table, nothing typed by hand.

    python apps/report.py --runs='runs/*'

Runs that differ in their seed only make one row: mean ± sample deviation over seeds.
Beside our figure stands the published one of the same benchmark and network, where
there is one, with all in which its setting was another: a run at a reduced budget says
so.
"""

from collections.abc import Sequence

from hypermask_tf import files
from hypermask_tf.cli import paths, tables
from hypermask_tf.cli.naming import network
from hypermask_tf.cli.published import published
from hypermask_tf.cli.runs import Run, find_runs, group

_HEADER = (
    "benchmark",
    "network",
    "masks",
    "sparsity",
    "protection",
    "tasks",
    "steps a task",
    "seeds",
    "accuracy %",
    "published %",
    "published with",
    "backward transfer",
    "training s",
    "device",
)

_RUNS = paths.define_paths("runs", ["runs/*"], "Run folders, or patterns of them.")
_OUTPUT = paths.define_path("output", None, "Write the table to this file too.")


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    groups = group(find_runs(_RUNS.value), lambda run: run.settings)
    table = tables.markdown(_HEADER, map(_row, groups))
    print(table)
    if _OUTPUT.value:
        files.write_text(_OUTPUT.value, table + "\n")
    return 0


def _row(runs: list[Run]) -> list[str]:
    chosen = runs[0].flags
    dense = chosen.get("baseline", "none") != "none"
    on = runs[0].measured_on
    beside = published(runs[0])
    transfers = [run.results["backward_transfer"] or 0.0 for run in runs]
    return [
        runs[0].results["benchmark"] + ("" if on == "test" else f" ({on})"),
        network(chosen),
        f"none ({chosen['baseline']})" if dense else _masks(chosen),
        tables.MISSING if dense else _numbers(chosen["sparsity"]),
        tables.MISSING if dense else chosen["protection"],
        _of(runs[0].learned_tasks, max(runs[0].results["num_tasks"], beside.tasks)),
        _of(int(chosen["steps_per_task"]), beside.steps),
        ", ".join(map(str, sorted(run.results["seed"] for run in runs))),
        tables.percent(run.results["average_accuracy"] for run in runs),
        beside.accuracy,
        beside.differences or tables.MISSING,
        tables.percent(transfers, "+"),
        tables.seconds([run.seconds for run in runs]),
        "; ".join(sorted({run.device or tables.MISSING for run in runs})),
    ]


def _of(own: int, full: int) -> str:
    """A number, and of how many where it is fewer than published or planned."""
    return f"{own:,} of {full:,}" if own < full else f"{own:,}"


def _masks(chosen: dict[str, str]) -> str:
    kind = chosen["hypernetwork"]
    return chosen["granularity"] + ("" if kind == "mlp" else f", {kind}")


def _numbers(text: str) -> str:
    return ", ".join(f"{float(number):g}" for number in text.split(","))
