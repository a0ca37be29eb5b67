"""Which separate files a file of all tasks is made of."""

from collections.abc import Mapping, Sequence
from typing import Any

Entry = Mapping[str, Any]


def signature_of(task: Entry) -> str:
    """Returns the name of a task's signature: its own, with the version behind it.

    Args:
        task: what the JSON beside its file says of it.

    Example:

    >>> signature_of({"name": "ann"}), signature_of({"name": "ann", "version": 2})
    ('ann', 'ann@2')
    """
    version = task.get("version", 1)
    return str(task["name"]) if version == 1 else f"{task['name']}@{version}"


def parts_of(entries: Sequence[Entry], quantization: str) -> dict[str, Entry]:
    """Returns the JSON of each task's file of one kind, by signature, in task order.

    Args:
        entries: the JSON of every good file in a folder.
        quantization: how weights are stored.

    Raises:
        ValueError: when a task has no such file, there is one task only, or two have
            the same name.
    """
    tasks: dict[int, list[Entry]] = {}
    for entry in entries:
        tasks.setdefault(entry["task"]["index"], []).append(entry)
    if len(tasks) < 2:
        raise ValueError(
            "Expected exported files of two tasks or more, to put them into one file. "
            f"Received: files of {len(tasks)}. Ship the file of a single task as it is"
        )
    found: dict[str, Entry] = {}
    missing = []
    for index, own in sorted(tasks.items()):
        fit = [entry for entry in own if entry["quantization"] == quantization]
        if not fit:
            missing.append(_told(index, own, quantization))
            continue
        key = signature_of(fit[0]["task"])
        if key in found:
            raise ValueError(
                f"Expected tasks of different names. Received: {key!r}, the name of "
                f"tasks {found[key]['task']['index']} and {index}. Rename one and "
                "export it again"
            )
        found[key] = fit[0]
    if missing:
        raise ValueError(
            f"Expected a file of {quantization} for every task. Received: none for "
            f"{', '.join(missing)}. {_advice(tasks)}"
        )
    return found


def _told(index: int, entries: Sequence[Entry], quantization: str) -> str:
    key = signature_of(entries[0]["task"])
    task = f"task {index}" if key == f"task_{index:02d}" else f"task {index}, {key!r}"
    for entry in entries:
        if quantization in entry["stands_for"]:
            return f"{task} ({entry['quantization']} took its place)"
    return task


def _advice(tasks: Mapping[int, Sequence[Entry]]) -> str:
    common = set.intersection(
        *({entry["quantization"] for entry in own} for own in tasks.values())
    )
    if common:
        names = " or ".join(sorted(common))
        return f"All tasks have {names}: use that, or export again what is missing"
    return "Export all tasks in a way that each of them can take"
