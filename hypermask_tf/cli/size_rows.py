"""Bytes as sent and accuracy of exported runs, a row for each method and format."""

import collections
import dataclasses
import statistics
from collections.abc import Sequence
from typing import Any

from hypermask_tf.cli.naming import method_name
from hypermask_tf.cli.runs import Run, group
from hypermask_tf.export.quantize.recipe import QUANTIZATIONS
from hypermask_tf.export.report import read_report


@dataclasses.dataclass(frozen=True)
class SizeRow:
    """Files of one method that store their weights in one way.

    Args:
        method: What the method is called, its sparsity included.
        family: The same without the sparsity: rows of one family make a line.
        sparsity: The flag's text.
        weights: The way of storing weights, such as `int8`.
        seeds: Seeds of the runs.
        sent: Bytes as sent, one mean over tasks per run.
        stored: Bytes of the file itself, as a device stores it, likewise.
        accuracy: Fractions, one mean over tasks per run.
        parameters: Parameters that are not zero, one mean over tasks per run.
        macs: Multiplications of one prediction, one mean over tasks per run.
    """

    method: str
    family: str
    sparsity: str
    weights: str
    seeds: list[int]
    sent: list[float]
    stored: list[float]
    accuracy: list[float]
    parameters: list[float]
    macs: list[float]


def size_rows(runs: Sequence[Run]) -> list[SizeRow]:
    """The rows of runs of one problem, by method and then by bytes.

    Raises:
        FileNotFoundError: If a run was not exported.
    """
    rows = []
    for method in group(runs, lambda run: run.settings):
        found = [_means(read_report(run.path)) for run in method]
        first = method[0].flags
        for weights in QUANTIZATIONS:
            if all(weights in means for means in found):
                measured = zip(*(means[weights] for means in found), strict=True)
                rows.append(
                    SizeRow(
                        method_name(first),
                        method_name({**first, "sparsity": ""}).replace(",  %", ""),
                        first["sparsity"],
                        weights,
                        sorted(run.results["seed"] for run in method),
                        *map(list, measured),
                    )
                )
    order = {name: i for i, name in enumerate(QUANTIZATIONS)}
    return sorted(rows, key=lambda r: (order[r.weights], r.family, -sum(r.sent)))


def _means(report: dict[str, Any]) -> dict[str, tuple[float, ...]]:
    """What a `SizeRow` measures, by way of storing, means over tasks.

    Of a file with and without its zeros the smaller one counts.
    """
    chosen: dict[tuple[str, int], dict[str, Any]] = {}
    for entry in report["files"]:
        key = entry["quantization"], entry["task"]["index"]
        if entry["zstd_bytes"] < chosen.get(key, {}).get("zstd_bytes", float("inf")):
            chosen[key] = entry
    by_kind = collections.defaultdict(list)
    for (kind, _), entry in chosen.items():
        by_kind[kind].append(entry)
    return {kind: _mean(entries) for kind, entries in by_kind.items()}


def _mean(entries: Sequence[dict[str, Any]]) -> tuple[float, ...]:
    weights = [entry["keras_weights"] for entry in entries]
    return (
        statistics.mean(entry["zstd_bytes"] for entry in entries),
        statistics.mean(entry["bytes"] for entry in entries),
        statistics.mean(entry["gate"]["tflite_accuracy"] for entry in entries),
        statistics.mean(w["parameters"] - w["zeros"] for w in weights),
        statistics.mean(entry["macs"] for entry in entries),
    )
