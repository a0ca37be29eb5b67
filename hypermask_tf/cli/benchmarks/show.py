"""The table of a benchmark, and what belongs to it, as text."""

from typing import Any

from rich.console import Console
from rich.table import Table


def show(console: Console, results: dict[str, Any]) -> None:
    """Prints the table, and what belongs to it."""
    names = list(results["tasks"][0]["sides"])
    title = f"{results['benchmark']}: ms a step, median (processor time of all cores)"
    table = Table(title=title)
    for column in ("task", *names, "floor", "over floor", "load"):
        table.add_column(column, justify="right")
    for row in results["tasks"]:
        sides = [row["sides"][name] for name in names]
        table.add_row(
            str(row["task"]),
            *(f"{_ms(s['median_ms'])} ({_ms(s['cpu_ms'])})" for s in sides),
            _ms(row["floor_ms"]),
            f"{row['ratio_to_floor']:.2f}",
            f"{row['load']:.1f}",
        )
    console.print(table)
    samples = {s["samples"] for row in results["tasks"] for s in row["sides"].values()}
    memory = {k: f"{v / 2**30:.2f}" for k, v in results["peak_memory_bytes"].items()}
    console.print(
        f"{min(samples)} samples of each at least; "
        f"{results['machine']['device']}, copies {results['copy_gb_per_second']} "
        f"GB/s; peak memory in GiB: {memory}; "
        f"growth from first to last task: {results['growth']}"
    )
    for row in results["tasks"]:
        if row["over"]:
            others = [f"{name} {t} ({cpu})" for name, (t, cpu) in row["over"].items()]
            console.print(f"task {row['task']}: over {names[0]}: {'; '.join(others)}")
        parts = ", ".join(
            f"{name} {_ms(part['median_ms'])} ({_ms(part['cpu_ms'])})"
            for name, part in row["parts"].items()
        )
        start = {k: round(s["first_step_ms"] / 1e3, 1) for k, s in row["sides"].items()}
        alone = f"; parts alone, in ms: {parts}" if parts else ""
        console.print(f"task {row['task']}: seconds to the first step {start}{alone}")


def _ms(value: float) -> str:
    """Three digits: a step takes from a tenth of a millisecond to seconds."""
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"
