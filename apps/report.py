"""Collects finished runs into one Markdown table, nothing typed by hand.

    python apps/report.py --runs='runs/*'

Runs that differ in their seed only make one row: mean ± sample deviation over seeds.
"""

import pathlib
import sys
from collections.abc import Sequence

if __package__ in (None, ""):  # started as a file from a plain checkout
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from export.quiet import quiet_stderr, start_backend

with quiet_stderr():
    from absl import flags

    from apps import tables
    from apps.runs import Run, find_runs, group
    from export import command
    from hypermask_tf import files

    start_backend()

_HEADER = (
    "benchmark",
    "masks",
    "sparsity",
    "protection",
    "steps a task",
    "seeds",
    "accuracy %",
    "backward transfer",
    "training s",
)

_RUNS = flags.DEFINE_list("runs", ["runs/*"], "Run folders, or patterns of them.")
_OUTPUT = flags.DEFINE_string("output", None, "Write the table to this file too.")


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
    transfers = [run.results["backward_transfer"] or 0.0 for run in runs]
    return [
        runs[0].results["benchmark"] + ("" if on == "test" else f" ({on})"),
        f"none ({chosen['baseline']})" if dense else _masks(chosen),
        tables.MISSING if dense else _numbers(chosen["sparsity"]),
        tables.MISSING if dense else chosen["protection"],
        chosen["steps_per_task"],
        ", ".join(map(str, sorted(run.results["seed"] for run in runs))),
        tables.percent(run.results["average_accuracy"] for run in runs),
        tables.percent(transfers, "+"),
        tables.seconds([run.seconds for run in runs]),
    ]


def _masks(chosen: dict[str, str]) -> str:
    kind = chosen["hypernetwork"]
    return chosen["granularity"] + ("" if kind == "mlp" else f", {kind}")


def _numbers(text: str) -> str:
    return ", ".join(f"{float(number):g}" for number in text.split(","))


if __name__ == "__main__":
    command.run(main)
