"""Bytes as sent and accuracy of exported runs, a row for each method and format."""

from collections.abc import Iterator, Sequence
from typing import Any

from hypermask_tf.checks import require
from hypermask_tf.cli.naming import method_name
from hypermask_tf.cli.runs import Run, group
from hypermask_tf.export.quantize.recipe import QUANTIZATIONS
from hypermask_tf.export.report import read_report

# One row each. `family` is the method without its sparsity.
_KEYS = ["method", "weights", "family", "sparsity", "group"]
# Of the file of a task: bytes as sent, and as a device stores them; accuracy, a
# fraction; parameters that are not zero; multiplications of one prediction.
_MEASURES = ["sent", "stored", "accuracy", "parameters", "macs"]


def size_rows(runs: Sequence[Run]) -> Any:
    """A data frame of the runs of one problem, by way of storing weights and bytes.

    Measures are means over tasks and runs; `accuracy` is a list with one of each run.
    Of a file with and without its zeros the smaller one counts.

    Raises:
        FileNotFoundError: If a run was not exported.
    """
    pandas = require("pandas", "which makes the table")
    methods = group(runs, lambda run: run.settings)
    found = [row for i, method in enumerate(methods) for row in _files(method, i)]
    files = pandas.DataFrame(found, columns=[*_KEYS, "run", "seed", "task", *_MEASURES])
    files["weights"] = pandas.Categorical(files["weights"], QUANTIZATIONS)
    one = [*_KEYS, "run", "seed"]
    least = files.groupby([*one, "task"], observed=True)["sent"].idxmin()
    of_runs = files.loc[least].groupby(one, observed=True, as_index=False)[_MEASURES]
    means = {name: (name, "mean") for name in _MEASURES}
    rows = (
        of_runs.mean()
        .groupby(_KEYS, observed=True, as_index=False)
        .agg(**{**means, "accuracy": ("accuracy", list), "seeds": ("seed", sorted)})
        .sort_values(["weights", "family", "sent"], ascending=[True, True, False])
    )
    # A way of storing that a run lacks makes no row.
    return rows[rows["seeds"].map(len) == rows["group"].map(lambda i: len(methods[i]))]


def _files(method: Sequence[Run], group: int) -> Iterator[dict[str, Any]]:
    flags = method[0].flags
    for run in method:
        for entry in read_report(run.path)["files"]:
            weights = entry["keras_weights"]
            yield {
                "method": method_name(flags),
                "family": method_name({**flags, "sparsity": ""}).replace(",  %", ""),
                "sparsity": flags["sparsity"],
                "group": group,
                "run": str(run.path),
                "seed": run.results["seed"],
                "weights": entry["quantization"],
                "task": entry["task"]["index"],
                "sent": entry["zstd_bytes"],
                "stored": entry["bytes"],
                "accuracy": entry["gate"]["tflite_accuracy"],
                "parameters": weights["parameters"] - weights["zeros"],
                "macs": entry["macs"],
            }
