"""The tasks of a run, from what its manifest says of them."""

import os
import pathlib
from collections.abc import Collection, Mapping
from typing import Any

from hypermask_tf import scenarios
from hypermask_tf.scenarios import Scenario, Task
from hypermask_tf.scenarios.recorded_task import RecordedTask

Entry = Mapping[str, Any]


def run_scenario(
    manifest: Mapping[str, Any],
    data_dir: str | os.PathLike[str] | None = None,
    tasks: Collection[int] | None = None,
) -> Scenario:
    """The scenario of a run, built again; forgotten tasks are `RecordedTask`.

    Args:
        manifest: What `manifest.json` holds.
        data_dir: Where the data lie that the run began with, if not where it found
            them.
        tasks: Indices of those whose data are wanted; the others are `RecordedTask`,
            and no data of theirs need be there. None for all.

    Raises:
        FileNotFoundError: If data are not there.
        ValueError: If own data have changed since.
    """
    recorded, added = manifest["scenario"], manifest.get("added", [])
    entries = recorded["tasks"]
    wanted = [
        entry
        for entry in entries
        if not entry.get("forgotten") and (tasks is None or entry["index"] in tasks)
    ]
    if not added and len(wanted) == len(entries):
        return _source(recorded, _data_dir(manifest, data_dir))
    found: dict[int, Task] = {}
    for number in {entry.get("added") for entry in wanted}:
        source = recorded if number is None else added[number]
        own = [e for e in entries if e.get("added") == number]
        where = _data_dir(manifest, data_dir) if number is None else source["data_dir"]
        scenario = _source(source, where, own, recorded["preprocessing"])
        by_name = {task.name: task for task in scenario}
        found |= {e["index"]: by_name[_found_as(e)] for e in own if e in wanted}
    return Scenario(
        recorded["name"],
        [_task(entry, found, recorded["preprocessing"]) for entry in entries],
        input_shape=recorded["input_shape"],
        preprocessing=recorded["preprocessing"],
        config=recorded["config"],
    )


def _task(entry: Entry, found: Mapping[int, Task], steps: Mapping[str, Any]) -> Task:
    index = entry["index"]
    if index not in found:
        return RecordedTask(entry, steps)
    return found[index].placed(index, entry["name"], entry["classes"])


def _found_as(entry: Entry) -> str:
    """What the data of a task call it."""
    return str(entry.get("found_as", entry["name"]))


def _source(
    source: Entry,
    data_dir: str | os.PathLike[str] | None,
    entries: Collection[Entry] = (),
    preprocessing: Mapping[str, Any] | None = None,
) -> Scenario:
    config = dict(source["config"])
    if source["name"].startswith(scenarios.registry.OWN_PREFIX) and entries:
        gone = [_found_as(entry) for entry in entries if entry.get("forgotten")]
        config |= {"preprocessing": preprocessing, "forgotten": gone}
    return scenarios.get(source["name"], **config, data_dir=data_dir, download=False)


def _data_dir(
    manifest: Mapping[str, Any], data_dir: str | os.PathLike[str] | None
) -> str | os.PathLike[str] | None:
    recorded = manifest.get("data_dir")
    own = manifest["scenario"]["name"].startswith(scenarios.registry.OWN_PREFIX)
    # Own data lie nowhere else: where they were is named if they are gone.
    if data_dir is None and recorded and (own or pathlib.Path(recorded).is_dir()):
        return str(recorded)
    return data_dir
