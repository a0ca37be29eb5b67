"""Runs a file of all tasks again, beside the separate files."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hypermask_tf.export.examples import Examples
from hypermask_tf.export.one_file.compare import compare
from hypermask_tf.export.report import read_good_files


def recheck_one_file(
    folder: Path,
    entry: Mapping[str, Any],
    examples: Callable[[int], Examples | None],
) -> str:
    """Holds a file of all tasks to the separate files that lie beside it.

    Args:
        folder: where it lies.
        entry: what the report says of it.
        examples: gives the test inputs of a task by its index.

    Returns:
        What is wrong; empty if nothing is.
    """
    path, tasks = folder / entry["file"], entry["tasks"]
    if not path.is_file():
        return "it is missing"
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != entry["sha256"]:
        return "its bytes are not those that were verified"
    good = {beside["file"]: beside["sha256"] for beside in read_good_files(folder)}
    other = [task["file"] for task in tasks if good.get(task["file"]) != task["sha256"]]
    if other:
        return f"{', '.join(other)} beside it is not what it was made of"
    parts = {task["signature"]: (folder / task["file"]).read_bytes() for task in tasks}
    test = {task["signature"]: examples(task["index"]) for task in tasks}
    different = [key for key, f in compare(content, parts, test).items() if f.different]
    return f"other outputs than the separate files: {different}" if different else ""
