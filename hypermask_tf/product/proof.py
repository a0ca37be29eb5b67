"""Whether exported files are what they were, and their networks, too."""

import hashlib
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from hypermask_tf.export.bake import version
from hypermask_tf.export.compact import compact_network
from hypermask_tf.export.report import read_good_files

Hashes = dict[str, str]


def hashes(folder: Path, but: Collection[int] = ()) -> Hashes:
    """SHA-256 of the exported files in a folder, and of the JSON beside each.

    Args:
        folder: The export folder.
        but: Indices of tasks whose files are left out.
    """
    stems = tuple(f"task_{task:02d}." for task in but)
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.glob("task_*.*"))
        if not path.name.startswith(stems)
    }


def changed_networks(
    model: Any, folder: Path, on_task: Callable[[str], None] = lambda name: None
) -> list[str]:
    """Tasks whose network in the learner is no longer that of their exported file.

    A network is named by a hash of its weights, as they are before conversion; the
    JSON beside each file holds it.

    Args:
        model: The learner.
        folder: The export folder.
        on_task: Called with the name of each task before it is looked at.

    Returns:
        Their names.
    """
    exported = {
        entry["task"]["index"]: entry["model_version"]
        for entry in read_good_files(folder)
    }
    changed = []
    for task in model.state.tasks:
        if task in exported:
            name = model.state.names.of(task)
            on_task(name)
            baked = model.bake(task, dtype="float32")
            # It was exported either way.
            now = {version(compact_network(baked)), version(baked)}
            if exported[task] not in now:
                changed.append(name)
    return changed
