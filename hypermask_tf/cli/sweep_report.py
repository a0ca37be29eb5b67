"""What a sweep found: one row per point, as JSON and as a Markdown table."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from hypermask_tf.cli import tables
from hypermask_tf.cli.runs import Run
from hypermask_tf.cli.sweep_grid import Point

# Keys of a point in sweep.json, and what they are of a run.
_MEASURES = {
    "accuracy": lambda run: run.results["average_accuracy"],
    "backward_transfer": lambda run: run.results["backward_transfer"],
    "learning_accuracy": lambda run: run.learning_accuracy,
    "train_seconds": lambda run: run.seconds,
}


def summarise(
    grid: Mapping[str, Sequence[str]],
    points: Sequence[Point],
    seeds: Sequence[int],
    runs: Mapping[Point, Sequence[Run]],
    failed: Mapping[Point, Mapping[int, str]],
    measured_on: str,
) -> dict[str, Any]:
    """What `sweep.json` holds; accuracies are fractions.

    Args:
        grid: Values by flag.
        points: All points.
        seeds: All seeds.
        runs: The finished runs of each point.
        failed: Why a point failed, by seed.
        measured_on: What accuracies were measured on.
    """
    rows = [_row(p, runs.get(p, ()), failed.get(p, {})) for p in points]
    complete = [row for row in rows if len(row["seeds"]) == len(seeds)]
    best = max(complete, key=lambda row: row["accuracy"]["mean"], default=None)
    names = {run.results["benchmark"] for found in runs.values() for run in found}
    return {
        "schema_version": 1,
        "benchmarks": sorted(names),
        "measured_on": measured_on,
        "grid": {flag: list(values) for flag, values in grid.items()},
        "seeds": list(seeds),
        "best": best["name"] if best else None,
        "points": rows,
    }


def _row(
    point: Point, runs: Sequence[Run], failed: Mapping[int, str]
) -> dict[str, Any]:
    return {
        "name": point.name,
        "flags": dict(point.settings),
        "seeds": sorted(run.results["seed"] for run in runs),
        **{key: _spread([of(run) for run in runs]) for key, of in _MEASURES.items()},
        "failed": [
            {"seed": seed, "reason": reason} for seed, reason in sorted(failed.items())
        ],
    }


def _spread(values: Sequence[float | None]) -> dict[str, Any]:
    """Mean and sample deviation, None where they do not exist, and all values."""
    known = [value for value in values if value is not None]
    return {
        "mean": statistics.mean(known) if known else None,
        "sd": statistics.stdev(known) if len(known) > 1 else None,
        "values": known,
    }


def sweep_table(summary: Mapping[str, Any]) -> str:
    """The Markdown table of a summary; the best complete point in bold."""
    flags = list(summary["grid"])
    header = [
        *flags,
        "seeds",
        f"{summary['measured_on']} accuracy %",
        "backward transfer",
        "learning accuracy %",
        "training s",
    ]
    rows = []
    for point in summary["points"]:
        accuracy = tables.percent(point["accuracy"]["values"])
        if point["name"] == summary["best"]:
            accuracy = f"**{accuracy}**"
        rows.append(
            [
                *(point["flags"][flag] for flag in flags),
                ", ".join(map(str, point["seeds"])) or tables.MISSING,
                accuracy,
                tables.percent(point["backward_transfer"]["values"], "+"),
                tables.percent(point["learning_accuracy"]["values"]),
                tables.spread(point["train_seconds"]["values"], digits=1),
            ]
        )
    return tables.markdown(header, rows) + "\n\n" + _notes(summary)


def _notes(summary: Mapping[str, Any]) -> str:
    notes = [
        f"{', '.join(summary['benchmarks'])}: mean ± sample deviation over seeds. "
        "Learning accuracy: the mean accuracy on a task right after it was learned."
    ]
    if summary["measured_on"] == "test":
        notes.append(
            "Measured on test data: settings chosen from this table make the test "
            "accuracy of the chosen one optimistic."
        )
    for point in summary["points"]:
        for failure in point["failed"]:
            notes.append(
                f"Failed: {point['name']}, seed {failure['seed']}: {failure['reason']}"
            )
    return "\n".join(notes)
