"""What files of all tasks are called, and which of them are there."""

import json
from pathlib import Path
from typing import Any

from hypermask_tf.export.quantize.recipe import FLOAT32, QUANTIZATIONS

_STEM = "all_tasks"


def one_file_name(quantization: str) -> str:
    """Returns the name of the file that holds all tasks, stored in one way.

    Example:

    >>> one_file_name("float32"), one_file_name("int8")
    ('all_tasks.tflite', 'all_tasks.int8.tflite')
    """
    kind = "" if quantization == FLOAT32 else f".{quantization}"
    return f"{_STEM}{kind}.tflite"


def is_one_file(name: str) -> bool:
    """Whether a file of an export folder holds all tasks."""
    return name in map(one_file_name, QUANTIZATIONS)


def one_file_kinds(folder: Path) -> tuple[str, ...]:
    """Returns in which ways weights are stored in the files of all tasks there."""
    return tuple(
        name for name in QUANTIZATIONS if (folder / one_file_name(name)).exists()
    )


def one_file_paths(folder: Path, quantization: str) -> list[Path]:
    """Returns the file and the JSON beside it, those that are there."""
    path = folder / one_file_name(quantization)
    return [p for p in (path.with_suffix(".json"), path) if p.exists()]


def forget_one_files(folder: Path, task: int) -> None:
    """Removes the files of all tasks that hold a task, or do not say what they hold."""
    for kind in QUANTIZATIONS:
        paths = one_file_paths(folder, kind)
        if paths and task in _indices(folder / one_file_name(kind), task):
            for path in paths:
                path.unlink()


def _indices(path: Path, unknown: int) -> list[Any]:
    try:
        text = path.with_suffix(".json").read_text("utf-8")
        return [entry["index"] for entry in json.loads(text)["tasks"]]
    except (OSError, ValueError, KeyError, TypeError):
        return [unknown]
