"""What must hold before an export begins."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from hypermask_tf.export.one_file.names import one_file_paths
from hypermask_tf.export.quantize.recipe import FLOAT32, QUANTIZATIONS
from hypermask_tf.export.report import REPORT_NAME
from hypermask_tf.export.sidecar import stem


def check_packages(quantizations: Sequence[str]) -> None:
    """Refuses to begin without the packages that later stages need.

    Raises:
        ImportError: with the command that installs what is missing.
    """
    needed = {"ai_edge_litert": "ai-edge-litert==2.3.0"}
    needed |= {"zstandard": "zstandard==0.25.0"}
    if set(quantizations) != {FLOAT32}:
        needed["litert_quantizer"] = "litert-quantizer==0.11.0"
    missing = [pin for name, pin in needed.items() if find_spec(name) is None]
    if missing:
        raise ImportError(
            f"Expected the packages of the export tool. Missing: {', '.join(missing)}. "
            f"Install them: pip install {' '.join(missing)}"
        )


def checked_tasks(tasks: Sequence[int] | None, known: Sequence[int]) -> list[int]:
    """Returns the numbers of the tasks to export, in order.

    Raises:
        ValueError: when a task is not learned, or none is.
    """
    if not known:
        raise ValueError(
            "Expected a run with at least one learned task. Received: a run with "
            "none. Train it first."
        )
    chosen = sorted(set(known if tasks is None else tasks))
    unknown = [task for task in chosen if task not in known]
    if unknown or not chosen:
        gone = [task for task in range(known[-1]) if task not in known]
        but = f" but {gone}, which were forgotten" if gone else ""
        raise ValueError(
            f"Expected numbers of learned tasks, 0 to {known[-1]}{but}. "
            f"Received: tasks={list(tasks or ())}"
        )
    return chosen


def clear_destination(
    folder: Path, tasks: Sequence[int], quantizations: Sequence[str], overwrite: bool
) -> None:
    """Removes the files that are to be written, if that is allowed.

    What may take their place goes too: with `overwrite`, no recipe of these tasks
    outlives an export that may fall back to it, and no file of all tasks that holds
    one of them.

    Raises:
        FileExistsError: when files exist and `overwrite` is false.
    """
    folder.mkdir(parents=True, exist_ok=True)
    asked = existing(folder, tasks, quantizations)
    if asked and not overwrite:
        raise FileExistsError(
            f"Expected no exported files of these tasks in {folder}. Received: "
            f"{', '.join(path.name for path in asked)}. "
            "Pass --overwrite to replace them."
        )
    gone = existing(folder, tasks, QUANTIZATIONS) if overwrite else asked
    for path in gone:
        path.unlink()
    if gone:
        (folder / REPORT_NAME).unlink(missing_ok=True)
        for path in (p for n in QUANTIZATIONS for p in one_file_paths(folder, n)):
            path.unlink()


def existing(
    folder: Path, tasks: Sequence[int], quantizations: Sequence[str]
) -> list[Path]:
    """Returns the files of these tasks and recipes that are in a folder."""
    stems = [stem(task, name) for task in tasks for name in quantizations]
    paths = [folder / (name + end) for name in stems for end in (".json", ".tflite")]
    return [path for path in paths if path.exists()]
