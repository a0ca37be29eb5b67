"""Collects finished runs into one Markdown table, nothing typed by hand.

    python apps/report.py --runs='runs/*'

Runs that differ in their seed only make one row: mean ± sample deviation over seeds.
"""

import glob
import pathlib
import statistics
import sys
from collections.abc import Sequence
from typing import Any

if __package__ in (None, ""):  # started as a file from a plain checkout
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from export.quiet import quiet_stderr

with quiet_stderr():
    from absl import flags

    from export import command
    from hypermask_tf import files
    from hypermask_tf.training import RunFolder

_RUNS = flags.DEFINE_list("runs", ["runs/*"], "Run folders, or patterns of them.")
_OUTPUT = flags.DEFINE_string("output", None, "Write the table to this file too.")

_HEADER = (
    "| benchmark | masks | sparsity | protection | steps a task | seeds | accuracy % "
    "| backward transfer | training s |\n|---|---|---|---|---|---|---|---|---|"
)


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    paths = sorted({p for pattern in _RUNS.value for p in glob.glob(pattern)})
    runs = [p for p in paths if (pathlib.Path(p) / "results.json").is_file()]
    if not runs:
        raise FileNotFoundError(
            f"No finished run among {_RUNS.value}. Name folders of apps/train.py"
        )
    rows: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for path in runs:
        key, results = _read(RunFolder.open(path))
        if results["average_accuracy"] is not None:
            rows.setdefault(key, []).append(results)
    table = "\n".join([_HEADER, *(_row(key, group) for key, group in rows.items())])
    print(table)
    if _OUTPUT.value:
        files.write_text(_OUTPUT.value, table + "\n")
    return 0


def _read(run: RunFolder) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The flags of a run without its seed, and its results."""
    lines = (run.path / "flags.txt").read_text("utf-8").splitlines()
    return tuple(
        line for line in lines if not line.startswith("--seed=")
    ), run.results()


def _row(key: tuple[str, ...], group: list[dict[str, Any]]) -> str:
    chosen = dict(line.removeprefix("--").partition("=")[::2] for line in key)
    seeds = sorted(results["seed"] for results in group)
    masks = chosen["granularity"]
    if chosen["hypernetwork"] != "mlp":
        masks += f", {chosen['hypernetwork']}"
    cells = [
        group[0]["benchmark"],
        masks,
        f"{float(chosen['sparsity']):g}",
        chosen["protection"],
        chosen["steps_per_task"],
        ", ".join(map(str, seeds)),
        _spread([100 * results["average_accuracy"] for results in group]),
        _spread(
            [100 * (results["backward_transfer"] or 0.0) for results in group], "+"
        ),
        _seconds([sum(results["train_seconds_per_task"]) for results in group]),
    ]
    return "| " + " | ".join(cells) + " |"


def _spread(values: list[float], sign: str = "") -> str:
    mean = f"{statistics.mean(values):{sign}.2f}"
    return mean if len(values) < 2 else f"{mean} ± {statistics.stdev(values):.2f}"


def _seconds(values: list[float]) -> str:
    low, high = round(min(values)), round(max(values))
    return str(low) if low == high else f"{low} to {high}"


if __name__ == "__main__":
    command.run(main)
