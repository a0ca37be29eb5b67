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

_RUNS = paths.define_paths("runs", ["runs/*"], "Run folders, or patterns of them.")
_OUTPUT = paths.define_path("output", None, "Write the table to this file too.")


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    groups = group(find_runs(_RUNS.value), lambda run: run.settings)
    table = tables.markdown(map(_row, groups))
    print(table)
    if _OUTPUT.value:
        files.write_text(_OUTPUT.value, table + "\n")
    return 0


def _row(runs: list[Run]) -> dict[str, str | None]:
    chosen = runs[0].flags
    dense = chosen.get("baseline", "none") != "none"
    on = runs[0].measured_on
    beside = published(runs[0])
    tasks, steps = runs[0].results["num_tasks"], int(chosen["steps_per_task"])
    transfers = [run.results["backward_transfer"] or 0.0 for run in runs]
    return {
        "benchmark": runs[0].results["benchmark"]
        + ("" if on == "test" else f" ({on})"),
        "network": network(chosen),
        "masks": f"none ({chosen['baseline']})" if dense else _masks(chosen),
        "sparsity": None if dense else _numbers(chosen["sparsity"]),
        "protection": None if dense else chosen["protection"],
        "tasks": _of(runs[0].learned_tasks, max(tasks, beside.tasks)),
        "steps a task": _of(steps, beside.steps),
        "seeds": ", ".join(map(str, sorted(run.results["seed"] for run in runs))),
        "accuracy %": tables.percent(run.results["average_accuracy"] for run in runs),
        "published %": beside.accuracy,
        "published with": beside.differences or None,
        "backward transfer": tables.percent(transfers, "+"),
        "training s": tables.seconds([run.seconds for run in runs]),
        "device": "; ".join(sorted({run.device or tables.MISSING for run in runs})),
    }


def _of(own: int, full: int) -> str:
    """A number, and of how many where it is fewer than published or planned."""
    return f"{own:,} of {full:,}" if own < full else f"{own:,}"


def _masks(chosen: dict[str, str]) -> str:
    if chosen.get("base", "none") != "none":
        return f"none, {chosen['base']} base"
    kind = chosen["hypernetwork"]
    return chosen["granularity"] + ("" if kind == "mlp" else f", {kind}")


def _numbers(text: str) -> str:
    return ", ".join(f"{float(number):g}" for number in text.split(","))
