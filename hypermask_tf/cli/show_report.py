"""Prints the reports of exported runs as Markdown, nothing typed by hand.

python export/show_report.py --run_dirs=runs/a,runs/b
"""

from collections.abc import Sequence
from pathlib import Path

from hypermask_tf.cli import paths
from hypermask_tf.export.report import read_report
from hypermask_tf.export.report_markdown import drift_table, summary_table

_RUN_DIRS = paths.define_paths("run_dirs", [], "Runs that export_tflite exported.")


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    # No validator: it would bind every program that shares a process with this one.
    if not _RUN_DIRS.value:
        raise ValueError("Pass exported runs: --run_dirs=runs/a,runs/b")
    reports = {path: read_report(Path(path)) for path in _RUN_DIRS.value}
    for path, report in reports.items():
        print(f"{Path(path).name}:\n\n{summary_table(report)}\n")
        if report["drift"]:
            print(f"{drift_table(report)}\n")
        for entry in report["rejected"]:
            instead = entry["replaced_by"] or "nothing"
            change = f"{entry['quantization']} → {instead}"
            print(f"- task {entry['task']}: {change}: {'; '.join(entry['reasons'])}")
    return 0
