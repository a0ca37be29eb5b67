"""The report as a table for the terminal."""

from collections.abc import Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from hypermask_tf.export.report_figures import (
    ACCURACY,
    agreement,
    largest_difference,
    one_metric,
    score,
)

COLUMNS = ("Keras%", "file%", "agree%", "Δlogit", "kB", "sent", "zero%", "µs")


def report_table(files: Sequence[dict[str, Any]]) -> Table:
    """Returns a table for the terminal, one row a file, 80 characters wide.

    Args:
        files: the JSON of the files.
    """
    table = Table(
        title="Verified in LiteRT on the whole test set, batch 1, one thread",
        caption=_caption(files),
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    # Names of any length leave the figures their place.
    longest = max([len("weights"), *map(len, map(_weights, files))])
    table.add_column(
        "task", no_wrap=True, max_width=max(4, 18 - longest), overflow="ellipsis"
    )
    table.add_column("weights", no_wrap=True)
    checks = [entry["verification"] for entry in files]
    metric = one_metric(checks)
    alike = metric not in (ACCURACY, "")
    judged = (f"Keras\n{metric}", f"file\n{metric}") if alike else COLUMNS[:2]
    for column in (*judged, *COLUMNS[2:]):
        table.add_column(column, justify="right", no_wrap=True)
    for entry in files:
        check, weights = entry["verification"], entry["file_weights"]
        latency = entry["latency"]
        table.add_row(
            _task(entry["task"]),
            _weights(entry),
            score([check], "keras", named=not alike),
            score([check], "tflite", named=not alike),
            agreement([check]),
            f"{largest_difference([check]):.0e}",
            f"{entry['bytes'] / 1000:.1f}",
            f"{entry['zstd_bytes'] / 1000:.1f}",
            f"{100 * weights['zeros'] / max(1, weights['parameters']):.1f}",
            "–" if latency is None else f"{latency['median_us']:.1f}",
        )
    return table


def _weights(entry: dict[str, Any]) -> str:
    return entry["quantization"] + ("*" if entry["sparse"] else "")


def _task(task: dict[str, Any]) -> str:
    """The index of a task, and its name if it was given one."""
    index, name = task["index"], task["name"]
    given = name != f"task_{index:02d}"
    return escape(f"{index} {name}") if given else str(index)


def _caption(files: Sequence[dict[str, Any]]) -> str:
    notes = ["sent: kB after zstandard 19"]
    if any(entry["sparse"] for entry in files):
        notes.append("*: zeros left out")
    slow = sorted(
        {
            entry["quantization"]
            for entry in files
            if entry["kernels"]["summary"] != "XNNPACK"
        }
    )
    if slow:
        notes.append(f"not all in XNNPACK: {', '.join(slow)}")
    return "; ".join(notes)
