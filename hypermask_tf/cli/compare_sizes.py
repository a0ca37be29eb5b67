"""Puts exported runs side by side: bytes as sent against accuracy.

    python apps/compare_sizes.py --runs='runs/bytes_*' --output=docs/results/x.md

The runs were trained by apps/train.py and exported by export/export_tflite.py. Accuracy
is of the files, in LiteRT, on validation data, so settings may be chosen by it. Runs
that differ in their seed only make one row for each way of storing weights. With
`--output` a picture is drawn beside the table.
"""

import pathlib
from collections.abc import Sequence
from typing import Any

from hypermask_tf import files
from hypermask_tf.cli import paths, tables
from hypermask_tf.cli.comparison import problem
from hypermask_tf.cli.naming import title
from hypermask_tf.cli.runs import find_runs, group
from hypermask_tf.cli.size_plot import plot_sizes
from hypermask_tf.cli.size_rows import size_rows

_RUNS = paths.define_paths("runs", ["runs/*"], "Run folders, or patterns of them.")
_OUTPUT = paths.define_path(
    "output", None, "Write the table to this file too (.md), and a picture beside it."
)
_DEFINITIONS = """\
kB sent: a task's `.tflite` file after zstandard at level 19, mean over tasks and seeds,
units that are off removed; kB: the file as a device stores it. Accuracy: of that file,
in LiteRT, on the task's validation data, mean over tasks; mean ± sample deviation over
seeds. Parameters in use: those that are not zero. MACs: multiplications of one
prediction, those by zeros included."""


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    if _OUTPUT.value and pathlib.Path(_OUTPUT.value).suffix != ".md":
        raise ValueError(
            "The table is Markdown, and its picture is drawn beside it. Name a .md "
            f"file. Received: --output={_OUTPUT.value}"
        )
    sections, pictures = [], []
    for runs in group(find_runs(_RUNS.value), problem):
        rows = size_rows(runs)
        table = tables.markdown(map(_cells, rows.itertuples()))
        # Files are judged on validation data, whatever the run was measured on.
        heading = title(runs).rpartition(", measured on")[0]
        sections.append(f"## {heading}\n\n{table}")
        pictures.append((heading, rows))
    text = "\n\n".join([*sections, _DEFINITIONS])
    print(text)
    if _OUTPUT.value:
        files.write_text(_OUTPUT.value, text + "\n")
        for i, (heading, rows) in enumerate(pictures):
            mark = f"_{i}" if i else ""
            path = pathlib.Path(_OUTPUT.value)
            plot_sizes(rows, path.with_name(f"{path.stem}{mark}.png"), heading)
    return 0


def _cells(row: Any) -> dict[str, str]:
    return {
        "method": row.method,
        "weights": row.weights,
        "seeds": ", ".join(map(str, row.seeds)),
        "kB sent": f"{row.sent / 1000:.1f}",
        "kB": f"{row.stored / 1000:.1f}",
        "validation accuracy %": tables.percent(row.accuracy),
        "parameters in use": f"{row.parameters:,.0f}",
        "MACs": f"{row.macs:,.0f}",
    }
