"""The report as Markdown: one row a recipe, means over tasks."""

import collections
import statistics
from collections.abc import Callable, Sequence
from typing import Any

from hypermask_tf.export.quantize.recipe import QUANTIZATIONS
from hypermask_tf.export.report_figures import (
    ACCURACY,
    MISSING,
    agreement,
    largest_difference,
    one_metric,
    score,
)
from hypermask_tf.export.selection import by_task, smallest

HEADER = (
    "weights",
    "tasks",
    "kB",
    "kB sent",
    "% of dense, sent",
    "zeros %",
    "arena kB",
    "µs",
    "× dense",
    "accuracy Keras %",
    "file %",
    "same class %",
    "largest Δlogit",
    "kernels",
)


def summary_table(report: dict[str, Any]) -> str:
    """Returns a Markdown table of an export, means over its tasks.

    `sent` is after zstandard at level 19; `arena` is the least working memory;
    `µs` is the median over rounds; `× dense` is how much faster a file is than the
    dense float32 network was, each in its fastest of the same rounds, which other
    work on the machine disturbs least. The last rows are of the file that is
    smallest as sent, task by task, and of the dense network.

    Args:
        report: what `report.json` holds.
    """
    files, baseline = report["files"], report["baseline"]
    metric = one_metric([entry["verification"] for entry in files])
    judged = {}
    if metric not in (ACCURACY, ""):
        judged = {"accuracy Keras %": f"{metric} Keras", "file %": f"{metric} file"}
    rows = []
    for name in QUANTIZATIONS:
        for sparse in (False, True):
            chosen = [
                entry
                for entry in files
                if entry["quantization"] == name and entry["sparse"] == sparse
            ]
            label = f"{name}, zeros left out" if sparse else name
            if chosen:
                rows.append(_row(label, chosen, baseline, not judged))
    best = [smallest(entries) for entries in by_task(files).values()]
    if best:
        kinds = collections.Counter(entry["quantization"] for entry in best)
        names = ", ".join(f"{name} {count}" for name, count in kinds.most_common())
        rows.append(_row(f"**smallest** ({names})", best, baseline, not judged))
    if baseline is not None:
        rows.append(_baseline_row(baseline))
    return markdown([judged.get(name, name) for name in HEADER], rows)


def drift_table(report: dict[str, Any]) -> str:
    """Returns a Markdown table of how files moved since an older export."""
    header = ("file", "bytes", "largest Δlogit", "same class %", "accuracy % then, now")
    rows = [
        [
            entry["file"],
            "the same" if entry["same_file"] else "moved",
            f"{entry['max_logit_difference']:.2g}",
            f"{100 * entry['argmax_agreement']:.2f}",
            f"{100 * entry['accuracy_then']:.2f}, {100 * entry['accuracy_now']:.2f}",
        ]
        for entry in report["drift"]
    ]
    return markdown(header, rows)


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a Markdown table.

    Example:

    >>> print(markdown(["a", "b"], [["1", "2"]]))
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    lines = [header, ["---"] * len(header), *rows]
    text = ["| " + " | ".join(cells) + " |" for cells in lines]
    text[1] = text[1].replace(" ", "")
    return "\n".join(text)


def _row(
    label: str,
    files: Sequence[dict[str, Any]],
    baseline: dict[str, Any] | None,
    named: bool,
) -> list[str]:
    def mean(value: Callable[[dict[str, Any]], float], form: str = ".1f") -> str:
        return format(statistics.mean(map(value, files)), form)

    sent = statistics.mean(entry["zstd_bytes"] for entry in files)
    checks = [entry["verification"] for entry in files]
    kernels = sorted({entry["kernels"]["summary"] for entry in files})
    return [
        label,
        str(len(files)),
        mean(lambda e: e["bytes"] / 1000),
        f"{sent / 1000:.1f}",
        MISSING if baseline is None else f"{100 * sent / baseline['bytes']:.2f}",
        mean(
            lambda e: 100 * e["file_weights"]["zeros"] / e["file_weights"]["parameters"]
        ),
        mean(lambda e: e["activation_bytes"] / 1000),
        MISSING if _untimed(files) else mean(lambda e: e["latency"]["median_us"]),
        _speedup(files),
        score(checks, "keras", named),
        score(checks, "tflite", named),
        agreement(checks),
        f"{largest_difference(checks):.2g}",
        ", ".join(kernels),
    ]


def _untimed(files: Sequence[dict[str, Any]]) -> bool:
    return any(entry["latency"] is None for entry in files)


def _speedup(files: Sequence[dict[str, Any]]) -> str:
    if _untimed(files) or any("baseline_fastest_us" not in f["latency"] for f in files):
        return MISSING
    times = [file["latency"] for file in files]
    ratio = statistics.mean(t["baseline_fastest_us"] / t["fastest_us"] for t in times)
    return f"{ratio:.1f}"


def _baseline_row(baseline: dict[str, Any]) -> list[str]:
    latency = baseline["latency"]
    return [
        "dense float32",
        MISSING,
        f"{baseline['bytes'] / 1000:.1f}",
        f"{baseline['zstd_bytes'] / 1000:.1f}",
        f"{100 * baseline['zstd_bytes'] / baseline['bytes']:.2f}",
        *[MISSING] * 2,
        MISSING if latency is None else f"{latency['median_us']:.1f}",
        "1.0",
        *[MISSING] * 4,
        baseline["kernels"]["summary"],
    ]
