"""The report over all exported files of a run: report.json."""

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypermask_tf.export.one_file.names import forget_one_files
from hypermask_tf.export.selection import by_task, smallest
from hypermask_tf.export.sidecar import SCHEMA_VERSION, write_json

if TYPE_CHECKING:
    from hypermask_tf.export.drift import Drift
    from hypermask_tf.export.task_files import Rejection

REPORT_NAME = "report.json"


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
        rejected: recipes that the last export replaced by safer ones.
        baseline: the dense float32 network, where it was measured.
        drift: how files moved since an older export, where that was asked.
        front_end: the JSON of the file that makes the inputs of all tasks, if any.
        one_files: the JSON of the files that hold all tasks, one for each way to store
            weights that was asked for.
        removed: of earlier files of all tasks that cannot be made again, a line each.
    """

    files: tuple[dict[str, Any], ...]
    written: tuple[str, ...] = ()
    failed: tuple[FailedFile, ...] = ()
    rejected: tuple["Rejection", ...] = ()
    baseline: dict[str, Any] | None = None
    drift: tuple["Drift", ...] = ()
    front_end: dict[str, Any] | None = None
    one_files: tuple[dict[str, Any], ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether each file that was asked for, or one in its place, is there."""
        return not self.failed

    def to_json(self) -> dict[str, Any]:
        """Returns a dictionary of plain types."""
        return {
            "schema_version": SCHEMA_VERSION,
            "passed": self.passed,
            "failed": [failure.to_json() for failure in self.failed],
            "rejected": [dataclasses.asdict(entry) for entry in self.rejected],
            "selected": {
                str(task): smallest(entries)["file"]
                for task, entries in by_task(self.files).items()
            },
            "baseline": self.baseline,
            "drift": [entry.to_json() for entry in self.drift],
            "front_end": None if self.front_end is None else _summary(self.front_end),
            "files": [_summary(entry) for entry in self.files],
            "one_files": [_summary(entry) for entry in self.one_files],
        }

    def save(self, folder: Path) -> None:
        """Writes `report.json` into the export folder, whole or not at all."""
        write_json(folder / REPORT_NAME, self.to_json())


def _summary(entry: dict[str, Any]) -> dict[str, Any]:
    # A permutation can be a thousand numbers long; it stands in the file's own JSON.
    kept = {key: value for key, value in entry.items() if key != "preprocessing"}
    if "tasks" in entry:
        kept["tasks"] = [_summary(task) for task in entry["tasks"]]
    return kept


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


def read_report(run_dir: Path) -> dict[str, Any]:
    """Returns what `report.json` holds, of a run or of a folder of files.

    Raises:
        FileNotFoundError: when the run was not exported.
        ValueError: when the file is damaged.
    """
    path = run_dir / "export" / REPORT_NAME
    if not path.exists() and (run_dir / REPORT_NAME).is_file():
        path = run_dir / REPORT_NAME
    try:
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"Expected an exported run. Received: {run_dir}, without {path}. Export "
            f"it: python export/export_tflite.py --run_dir={run_dir}"
        ) from error
    except ValueError as error:
        raise ValueError(f"{path} is damaged: {error}") from error
    return report


def forget_files(folder: Path, task: int, shared: bool = True) -> None:
    """Removes the files of a task from an export folder, and what is said of them.

    Args:
        folder: the export folder.
        task: number of the task.
        shared: whether files of all tasks, such as a router or a picture, go too.
    """
    stem = f"task_{task:02d}."
    if not folder.is_dir():
        return
    gone = [f"{stem}*", *(("router*", "*.png") if shared else ())]
    for path in [path for pattern in gone for path in folder.glob(pattern)]:
        path.unlink()
    forget_one_files(folder, task)
    path = folder / REPORT_NAME
    if not path.is_file():
        return
    report = json.loads(path.read_text("utf-8"))
    for listed in ("files", "failed", "rejected", "drift"):
        report[listed] = [
            entry
            for entry in report[listed]
            if entry.get("task") != task and not entry.get("file", "").startswith(stem)
        ]
    report["one_files"] = [
        entry
        for entry in report.get("one_files", ())
        if (folder / entry["file"]).is_file()
    ]
    report["selected"].pop(str(task), None)
    write_json(path, report)
