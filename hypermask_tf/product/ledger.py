"""What a run's manifest says of its tasks: their names, versions and data.

A task that is learned again becomes a further task of the learner, a version of the
first. The version in use has the name; the others have `@` and their number behind it.
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

Entry = dict[str, Any]
Manifest = dict[str, Any]


def entries(manifest: Mapping[str, Any]) -> list[Entry]:
    """The entries of all tasks, by index; older runs gave them no names."""
    tasks = manifest["scenario"]["tasks"]
    return [{"name": f"task_{task['index']:02d}", **task} for task in tasks]


def kept(manifest: Mapping[str, Any]) -> list[Entry]:
    """Those of tasks that were not forgotten."""
    return [entry for entry in entries(manifest) if not entry.get("forgotten")]


def family(entry: Mapping[str, Any]) -> str:
    """The name that all versions of a task share."""
    return str(entry.get("version_of", entry["name"]))


def version(entry: Mapping[str, Any]) -> int:
    """Which version of its task it is, from 1."""
    return int(entry.get("version", 1))


def find(manifest: Mapping[str, Any], task: str) -> Entry:
    """The entry of a task.

    Args:
        manifest: The manifest of its run.
        task: Its name or its index, as text.

    Raises:
        ValueError: If there is none, or it was forgotten.
    """
    for entry in kept(manifest):
        if task in (entry["name"], str(entry["index"])):
            return entry
    known = ", ".join(repr(entry["name"]) for entry in kept(manifest))
    raise ValueError(f"Expected a task of the run: {known}. Received: {task!r}.")


def versions(manifest: Mapping[str, Any], name: str) -> list[Entry]:
    """The versions of a task that are there, oldest first."""
    own = [entry for entry in kept(manifest) if family(entry) == name]
    return sorted(own, key=version)


def with_tasks(
    manifest: Manifest, source: Mapping[str, Any], tasks: Sequence[Entry]
) -> Manifest:
    """The manifest with further tasks, whose data are in a source of their own."""
    changed = copy.deepcopy(manifest)
    changed.setdefault("added", []).append(dict(source))
    changed["scenario"]["tasks"] += [dict(task) for task in tasks]
    return changed


def without_tasks(manifest: Manifest, first: int) -> Manifest:
    """The manifest before tasks from an index on were added, in one source."""
    changed = copy.deepcopy(manifest)
    changed["scenario"]["tasks"] = changed["scenario"]["tasks"][:first]
    changed["added"].pop()
    if not changed["added"]:
        del changed["added"]
    return changed


def forgotten(manifest: Manifest, index: int) -> Manifest:
    """The manifest without what it says of a task; its place stays."""
    changed = copy.deepcopy(manifest)
    entry = changed["scenario"]["tasks"][index]
    source = entry.get("added")
    gone = {"index": index, "name": f"task_{index:02d}", "forgotten": True}
    gone |= {"classes": entry["classes"], "class_names": entry["class_names"]}
    # Whoever reads the other tasks of the source leaves it out under this name.
    gone["found_as"] = entry.get("found_as", entry["name"])
    if source is not None:
        gone["added"] = source
    changed["scenario"]["tasks"][index] = gone
    return changed


def renamed(manifest: Manifest, names: Mapping[int, str]) -> Manifest:
    """The manifest with other names for some tasks."""
    changed = copy.deepcopy(manifest)
    for index, name in names.items():
        entry = changed["scenario"]["tasks"][index]
        entry.setdefault("found_as", entry["name"])
        entry["version_of"], entry["version"] = family(entry), version(entry)
        entry["name"] = name
    return changed


def names_with_current(manifest: Mapping[str, Any], entry: Entry) -> dict[int, str]:
    """Names by index that make a version the one in use; the others' come first."""
    name = family(entry)
    others = [e for e in versions(manifest, name) if e["index"] != entry["index"]]
    older = {e["index"]: f"{name}@{version(e)}" for e in others}
    return {**older, entry["index"]: name}
