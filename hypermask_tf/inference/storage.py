"""Statistics of a method as one `.npz` file, without pickles."""

import json
import os
from typing import Any

import numpy as np

from hypermask_tf import files

VERSION = 1


def save(method: Any, path: str | os.PathLike[str]) -> None:
    """Writes the name, arguments and statistics of `method`; whole or not at all.

    Raises:
        ValueError: If the path does not end in `.npz`.
    """
    if not str(path).endswith(".npz"):
        raise ValueError(f"Expected a path that ends in .npz. Received: path={path}")
    head = {
        "version": VERSION,
        "method": method.name,
        "config": method.get_config(),
        "tasks": len(method.statistics),
        "classes": list(method.networks.classes),
        "shared": method.networks.shared.get_config(),
    }
    arrays = {
        f"{task}/{name}": value
        for task, statistics in method.statistics.items()
        for name, value in statistics.items()
    }
    with files.replacing(path) as temporary:
        np.savez(temporary, head=np.array(json.dumps(head)), **arrays)


def read(
    path: str | os.PathLike[str],
) -> tuple[dict[str, Any], dict[int, dict[str, np.ndarray]]]:
    """What `save` wrote: the head, and the statistics by task.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is damaged, or of a version that is not known.
    """
    try:
        arrays = files.read_arrays(path)
        head = json.loads(str(arrays.pop("head")))
    except (KeyError, ValueError) as error:
        raise ValueError(
            f"{path} is damaged, or not of this library: {error}"
        ) from error
    if head.get("version") != VERSION:
        raise ValueError(
            f"Expected a file of version {VERSION}. Received: {path} of version "
            f"{head.get('version')}. Fit the method again, or use a newer library."
        )
    statistics: dict[int, dict[str, np.ndarray]] = {
        task: {} for task in range(head["tasks"])
    }
    for key, value in arrays.items():
        task, name = key.split("/", 1)
        statistics[int(task)][name] = value
    return head, statistics


def check_networks(head: dict[str, Any], networks: Any) -> None:
    """Raises a ValueError if a file's statistics are of other networks."""
    count = networks.num_tasks
    known, wanted = head["shared"], networks.shared.get_config()
    same = head["classes"][:count] == list(networks.classes)[: len(head["classes"])]
    if not same or known != wanted:
        raise ValueError(
            "Expected statistics of tasks with the same classes and shared features. "
            f"Received: classes {head['classes']} and {known}, for networks with "
            f"{list(networks.classes)} and {wanted}"
        )
