"""Runs the front end of an export again."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hypermask_tf.export.front_end.front_end import (
    check_features,
    raw_waves,
    read_front_end,
)
from hypermask_tf.export.interpreter import run_tflite


def recheck_front_end(
    folder: Path, entry: Mapping[str, Any], tasks: Sequence[Any]
) -> tuple[dict[int, np.ndarray], str]:
    """Makes the features of the test sets of tasks from their waves once more.

    Args:
        folder: where the files of the run lie.
        entry: what the report says of the front end.
        tasks: the tasks of the scenario whose files are there.

    Returns:
        The features by number of task, and what is wrong: no features, and the reason,
        or features and nothing.
    """
    path = folder / entry["file"]
    if not path.is_file():
        return {}, "it is missing"
    there = read_front_end(folder)
    if there is None or there["sha256"] != entry["sha256"]:
        return {}, "its bytes, or its JSON, are not those that were verified"
    waves = raw_waves(tasks)
    features = {task: run_tflite(path, wave) for task, wave in waves.items()}
    problem = "; ".join(check_features(tasks, features).failures)
    return ({} if problem else features), problem
