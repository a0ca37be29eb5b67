"""Data that a finished run is to learn: read as the run reads its own."""

import csv
import os
import pathlib
from collections.abc import Mapping
from typing import Any

from hypermask_tf import files, scenarios
from hypermask_tf.product import ledger
from hypermask_tf.scenarios import Scenario

_ROLES = ("task_column", "group_column", "split_column")
# What belongs to the data that the run began with.
_OF_THOSE = ("num_tasks", "fingerprint")


def read_later(
    manifest: Mapping[str, Any], path: str | os.PathLike[str], name: str | None = None
) -> tuple[dict[str, Any], list[ledger.Entry]]:
    """Further tasks for a run, from data of their own.

    They are read with the run's choices, and become inputs as its own did: nothing is
    learned from them for that.

    Args:
        manifest: The manifest of the run.
        path: Where the data lie. They may be one task, without a level of tasks.
        name: Name of the task, if they are one. Defaults to that of the folder, of the
            file, or of the level of tasks.

    Returns:
        What the manifest is to say of the source, and the entries of its tasks.

    Raises:
        FileNotFoundError: If nothing lies there.
        ValueError: If the data do not suit the run, or a name is taken.
    """
    recorded = manifest["scenario"]
    if not recorded["name"].startswith(scenarios.registry.OWN_PREFIX):
        raise ValueError(
            "Expected a run on data of your own (hypermask train --data=…). Received: "
            f"one on the benchmark {recorded['name']!r}. hypermask train --resume "
            "--extend_tasks adds tasks to it."
        )
    root = files.expanded(path).absolute()
    options = {k: v for k, v in recorded["config"].items() if k not in _OF_THOSE}
    scenario = scenarios.from_path(
        root, **_without_columns(root, options), preprocessing=recorded["preprocessing"]
    )
    _check_fits(recorded, scenario, root)
    if name is not None and len(scenario) > 1:
        raise ValueError(
            f"Expected the data of one task, {name!r}. Received: {root} with "
            f"{len(scenario)}: {', '.join(task.name for task in scenario)}."
        )
    source = {
        "name": scenario.name,
        "config": scenario.get_config(),
        "data_dir": str(root),
    }
    return source, _entries(manifest, scenario, name)


def _without_columns(root: pathlib.Path, options: dict[str, Any]) -> dict[str, Any]:
    """The choices for a table, without columns that need not be there again."""
    if root.suffix.lower() != ".csv" or "label_column" not in options:
        return options
    with open(root, newline="", encoding="utf-8-sig") as file:
        known = next(csv.reader(file), [])
    kept = {role: None for role in _ROLES if options[role] not in known}
    ignored = [name for name in options["ignore_columns"] if name in known]
    return {**options, **kept, "ignore_columns": ignored}


def _check_fits(
    recorded: Mapping[str, Any], scenario: Scenario, root: pathlib.Path
) -> None:
    if list(scenario.input_shape) != list(recorded["input_shape"]):
        raise ValueError(
            f"Expected samples of shape {tuple(recorded['input_shape'])}, as the "
            f"network takes them. Received: {root} with {scenario.input_shape}."
        )
    most = max(len(entry["classes"]) for entry in recorded["tasks"])
    for task in scenario:
        if task.num_classes > most:
            raise ValueError(
                f"Expected at most {most} classes, the outputs of the run's network. "
                f"Received: task {task.name!r} with {task.num_classes}. Merge some, or "
                "train a new run with all data."
            )


def _entries(
    manifest: Mapping[str, Any], scenario: Scenario, name: str | None
) -> list[ledger.Entry]:
    known = ledger.entries(manifest)
    numbers = {
        label: number
        for entry in known
        for label, number in zip(entry["class_names"], entry["classes"], strict=True)
    }
    made = []
    for i, entry in enumerate(scenario.manifest()["tasks"]):
        for label in entry["class_names"]:
            numbers.setdefault(label, max(numbers.values()) + 1)
        made.append(
            {
                **entry,
                "index": len(known) + i,
                "name": name or entry["name"],
                "classes": [numbers[label] for label in entry["class_names"]],
                "added": len(manifest.get("added", [])),
                "found_as": entry["name"],
            }
        )
    return made
