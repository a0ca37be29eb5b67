"""Which files a folder of tasks and classes holds."""

import dataclasses
import os
from pathlib import Path

from hypermask_tf.scenarios.own.names import check_names, task_name

KINDS = {
    "image": (".png", ".jpg", ".jpeg", ".bmp", ".gif"),
    "sound": (".wav",),
    "recording": (".csv",),
}
# What a level of splits may be called, and what it is.
_SPLITS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
}
_IGNORED = ("license", "licence", "readme", "copying")


@dataclasses.dataclass(frozen=True, order=True)
class OwnFile:
    """A file of samples.

    Args:
        task: Name of its task.
        label: Name of its class.
        split: Name of its split; empty where no folder names one.
        path: Where it lies.
    """

    task: str
    label: str
    split: str
    path: Path


def list_files(root: Path) -> tuple[str, list[OwnFile]]:
    """The files of a folder `task/class/file`, and their kind.

    A level `train`, `validation`, `test` may stand above the tasks, or between tasks
    and classes. A folder of classes without a level of tasks is a single task, of the
    folder's name. Hidden files, and those called LICENSE or README, are left out.

    Raises:
        FileNotFoundError: If there is no such folder.
        ValueError: If it is not built so, is empty in places, or holds files of
            several kinds.
    """
    if not root.is_dir():
        raise FileNotFoundError(f"Expected a folder of data. Received: no {root}")
    found = []
    top = _folders(root)
    if top and set(map(str.lower, top)) <= set(_SPLITS):
        for name, folder in top.items():
            found += _tasks(folder, _SPLITS[name.lower()], root.name)
    else:
        found = _tasks(root, "", root.name)
    if not found:
        raise ValueError(
            f"Expected folders task/class/ with files in {root}. Received: "
            f"{_seen(root)}. Make a folder for each task, and in it one for each class."
        )
    check_names("task", sorted({file.task for file in found}))
    check_names("class", sorted({file.label for file in found}))
    return _kind(root, found), sorted(found)


def _tasks(folder: Path, split: str, name: str) -> list[OwnFile]:
    """The files below a folder of tasks; or of classes, which are then one task."""
    below = _folders(folder)
    if not any(_folders(child) for child in below.values()):
        return _classes(folder, split, name)
    found = []
    for task, child in below.items():
        levels = _folders(child)
        if levels and not split and set(map(str.lower, levels)) <= set(_SPLITS):
            for level, inner in levels.items():
                found += _classes(inner, _SPLITS[level.lower()], task)
        else:
            found += _classes(child, split, task)
    return found


def _classes(folder: Path, split: str, task: str) -> list[OwnFile]:
    found = []
    loose = _files(folder)
    if loose:
        raise ValueError(
            "Expected files in folders of classes, task/class/file. Received: "
            f"{loose[0]} in {folder}, beside them. Put it into the folder of its class."
        )
    below = _folders(folder)
    if not below:
        raise ValueError(
            f"Expected folders of classes in {folder}. Received: none. Add one for "
            "each class, or remove the folder."
        )
    for label, child in below.items():
        if _folders(child):
            raise ValueError(
                f"Expected files in {child}, the folder of a class. Received: the "
                f"folder {next(iter(_folders(child)))}. Levels are task/class/file, "
                "with train, validation and test above them where you like."
            )
        names = _files(child)
        if not names:
            raise ValueError(
                f"Expected samples in {child}. Received: an empty class folder. Fill "
                "or remove it."
            )
        named = task_name(task)
        found += [OwnFile(named, label, split, child / name) for name in names]
    return found


def _kind(root: Path, found: list[OwnFile]) -> str:
    """The one kind of all files."""
    by_ending = {ending: kind for kind, endings in KINDS.items() for ending in endings}
    kinds: dict[str, Path] = {}
    for file in found:
        ending = file.path.suffix.lower()
        if ending not in by_ending:
            raise ValueError(
                f"Expected files that end in {', '.join(by_ending)}. Received: "
                f"{file.path}. Convert or remove it."
            )
        kinds.setdefault(by_ending[ending], file.path)
    if len(kinds) > 1:
        one, other = list(kinds.values())[:2]
        raise ValueError(
            f"Expected files of one kind in {root}. Received: {one} and {other}. "
            "Train a run on each kind."
        )
    return next(iter(kinds))


def _folders(folder: Path) -> dict[str, Path]:
    with os.scandir(folder) as entries:
        names = [e.name for e in entries if e.is_dir() and not e.name.startswith(".")]
    return {name: folder / name for name in sorted(names)}


def _files(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        names = [e.name for e in entries if e.is_file()]
    return sorted(
        name
        for name in names
        if not name.startswith(".") and Path(name).stem.lower() not in _IGNORED
    )


def _seen(folder: Path) -> str:
    names = sorted(os.listdir(folder))
    return f"{', '.join(names[:3])}{' …' if names[3:] else ''}" if names else "nothing"
