"""The report over all exported files of a run: report.json and a table."""

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from export.sidecar import SCHEMA_VERSION, write_json

REPORT_NAME = "report.json"
COLUMNS = ("Keras%", "file%", "agree%", "Δlogit", "kB", "gzip kB", "zeros%")


@dataclasses.dataclass(frozen=True)
class FailedFile:
    """A file that was asked for and is not there, and why."""

    file: str
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.file}: {'; '.join(self.reasons)}"

    def to_json(self) -> dict[str, Any]:
        """Returns a dictionary of plain types."""
        return {"file": self.file, "reasons": list(self.reasons)}


@dataclasses.dataclass(frozen=True)
class ExportReport:
    """Everything that lies in an export folder now.

    Args:
        files: the JSON of each good file, by task.
        written: names of the files that the last export wrote.
        failed: files that the last export could not write.
    """

    files: tuple[dict[str, Any], ...]
    written: tuple[str, ...] = ()
    failed: tuple[FailedFile, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether all files that the last export was asked for are there."""
        return not self.failed

    def to_json(self) -> dict[str, Any]:
        """Returns a dictionary of plain types."""
        return {
            "schema_version": SCHEMA_VERSION,
            "passed": self.passed,
            "failed": [failure.to_json() for failure in self.failed],
            "files": [_summary(entry) for entry in self.files],
        }

    def save(self, folder: Path) -> None:
        """Writes `report.json` into the export folder, whole or not at all."""
        write_json(folder / REPORT_NAME, self.to_json())


def _summary(entry: dict[str, Any]) -> dict[str, Any]:
    # A permutation can be a thousand numbers long; it stands in the file's own JSON.
    return {key: value for key, value in entry.items() if key != "preprocessing"}


def read_good_files(folder: Path) -> tuple[dict[str, Any], ...]:
    """Returns the JSON of every exported file whose bytes are still those verified."""
    good = []
    for path in sorted(folder.glob("task_*.json")):
        try:
            entry = json.loads(path.read_text(encoding="utf-8"))
            content = path.with_suffix(".tflite").read_bytes()
            intact = entry["sha256"] == hashlib.sha256(content).hexdigest()
        except (OSError, ValueError, KeyError, TypeError):
            continue  # not a file of ours, or a damaged one
        if intact:
            good.append(entry)
    good.sort(key=lambda entry: (entry["task"]["index"], len(entry["file"])))
    return tuple(good)


def report_table(files: Sequence[dict[str, Any]]) -> Table:
    """Returns a table for the terminal, one row a file, 80 characters wide."""
    table = Table(
        title="Verified in LiteRT on the whole test set, batch 1, one thread",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    for column in ("task", "weights"):
        table.add_column(column, no_wrap=True)
    for column in COLUMNS:
        table.add_column(column, justify="right", no_wrap=True)
    for entry in files:
        check, weights = entry["verification"], entry["file_weights"]
        table.add_row(
            entry["task"]["name"],
            entry["quantization"],
            f"{100 * check['keras_accuracy']:.2f}",
            f"{100 * check['tflite_accuracy']:.2f}",
            f"{100 * check['argmax_agreement']:.2f}",
            f"{check['max_logit_difference']:.0e}",
            f"{entry['bytes'] / 1000:.1f}",
            f"{entry['gzip_bytes'] / 1000:.1f}",
            f"{100 * weights['zeros'] / max(1, weights['parameters']):.1f}",
        )
    return table
