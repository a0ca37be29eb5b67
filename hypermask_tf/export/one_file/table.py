"""One file for all tasks beside separate ones, as a table for the terminal."""

from collections.abc import Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table


def one_file_table(entry: Mapping[str, Any]) -> Table:
    """Returns a table of 80 characters at most.

    Args:
        entry: the JSON of a file of all tasks.
    """
    tasks = entry["tasks"]
    compared = sum(sum(task["compared"].values()) for task in tasks)
    table = Table(
        title=f"{entry['file']}: {len(tasks)} tasks, a signature each",
        caption=f"outputs as the separate files', to the bit, on {compared:,} inputs",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("", no_wrap=True)
    for column in ("one file", "separate"):
        table.add_column(column, justify="right", no_wrap=True)
    for name, one, separate in one_file_rows(entry):
        table.add_row(name, one, separate)
    return table


def one_file_rows(entry: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Returns what is measured, of the one file and of the separate ones."""
    tasks, apart = entry["tasks"], entry["separate"]
    arenas = _kilobytes(sum(task["activation_bytes"] for task in tasks))
    later = tasks[1:]
    rows = [
        ("kB", _kilobytes(entry["bytes"]), _kilobytes(apart["bytes"])),
        (
            "kB as sent (zstd)",
            _kilobytes(entry["zstd_bytes"]),
            _kilobytes(apart["zstd_bytes"]),
        ),
        (
            "kB that a further task adds, mean",
            _kilobytes(sum(task["added_bytes"] for task in later) / len(later)),
            _kilobytes(sum(task["bytes"] for task in later) / len(later)),
        ),
        ("kB of arena, all tasks ready", arenas, arenas),
    ]
    memory, calls = entry["resident_bytes"], entry["calls_us"]
    if memory and memory["one_file"] is not None:
        rows.append(_row("kB of the process, all tasks ready", memory, 1000))
    if calls:
        names = {
            "again": "µs a call, same task as before",
            "after_another": "µs a call, another task than before",
            "first": "µs a first call (separate: with its load)",
            "all_loaded": "µs to load all and call each task once",
        }
        for key, name in names.items():
            times = {kind: values[key] for kind, values in calls.items()}
            rows.append(_row(name, times, 1))
    return rows


def _row(name: str, values: Mapping[str, float], unit: int) -> tuple[str, str, str]:
    one, separate = (values[kind] / unit for kind in ("one_file", "separate"))
    return name, f"{one:.1f}", f"{separate:.1f}"


def _kilobytes(count: float) -> str:
    return f"{count / 1000:.1f}"
