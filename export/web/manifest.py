"""Which files of a run the page gets, and what it must know about them."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from export.web.drawing_form import DRAWING_FORMS
from hypermask_tf.export.report import read_good_files

SCHEMA_VERSION = 1
SMALLEST = "smallest"
_KEPT = ("file", "sha256", "bytes", "quantization", "task", "labels", "input", "output")
_KEPT_OF_ROUTER = ("file", "sha256", "bytes", "quantization", "method", "preprocessing")


def read_exported(run_dir: Path) -> tuple[dict[str, Any], ...]:
    """Returns the JSON of every exported file of a run whose bytes are intact.

    Raises:
        FileNotFoundError: when there is none.
    """
    entries = read_good_files(run_dir / "export")
    if not entries:
        raise FileNotFoundError(
            f"Expected exported files in {run_dir / 'export'}. Received: none. Run: "
            f"python export/export_tflite.py --run_dir={run_dir} --quantization=all"
        )
    return entries


def chosen_files(
    entries: Sequence[dict[str, Any]], quantization: str
) -> list[dict[str, Any]]:
    """Returns one file a task, by task.

    Files with integer inputs are left out: LiteRT.js has no int8 tensors.

    Raises:
        ValueError: when a task has no file of that kind.
    """
    by_task: dict[int, list[dict[str, Any]]] = {}
    for entry in entries:
        by_task.setdefault(entry["task"]["index"], []).append(entry)
    chosen = []
    for task, files in sorted(by_task.items()):
        fit = [
            entry
            for entry in files
            if entry["input"]["dtype"] == entry["output"]["dtype"] == "float32"
            and quantization in (SMALLEST, entry["quantization"])
        ]
        if not fit:
            raise ValueError(
                f"Expected a file of task {task} with float32 input and "
                f"--quantization={quantization}. Received: "
                f"{', '.join(sorted(entry['quantization'] for entry in files))}"
            )
        chosen.append(min(fit, key=lambda entry: int(entry["bytes"])))
    return chosen


def site_manifest(
    entries: Sequence[Mapping[str, Any]], router: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Returns what the page must know about its files.

    Args:
        entries: the JSON of one file a task.
        router: the JSON of the router.

    Raises:
        ValueError: when the files do not take drawn digits, or the router is one of
            other tasks.
    """
    source = entries[0]["source"]
    form = DRAWING_FORMS.get(source["benchmark"])
    if form is None:
        raise ValueError(
            f"Expected a run of drawn digits: {', '.join(sorted(DRAWING_FORMS))}. "
            f"Received: a run of {source['benchmark']}"
        )
    return {
        "schema_version": SCHEMA_VERSION,
        "source": dict(source),
        "drawing": dataclasses.asdict(form),
        "tasks": [
            {
                **{key: entry[key] for key in _KEPT},
                "preprocessing": entry["preprocessing"],
                "test_accuracy": entry["verification"]["tflite_accuracy"],
            }
            for entry in entries
        ],
        "router": None if router is None else _router(router, entries),
    }


def _router(
    router: Mapping[str, Any], entries: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    known = [task["index"] for task in router["tasks"]]
    wanted = [entry["task"]["index"] for entry in entries]
    benchmarks = {entry["source"]["benchmark"] for entry in (router, *entries)}
    if known != wanted or len(benchmarks) > 1:
        raise ValueError(
            f"Expected {router['file']} and the files of the tasks to belong together. "
            f"Received: a router of tasks {known} and files of tasks {wanted}, of "
            f"{', '.join(sorted(benchmarks))}. Export both again, or remove the router"
        )
    kept = ("index", "least_confidence", "least_evidence")
    return {
        **{key: router[key] for key in _KEPT_OF_ROUTER},
        "input": {"shape": router["input_shape"]},
        "tasks": [{key: task[key] for key in kept} for task in router["tasks"]],
        "test_accuracy": router["verification"]["tflite_accuracy"],
    }


def find_router(run_dir: Path) -> dict[str, Any] | None:
    """Returns the JSON of the smallest intact router of a run; `None` without one.

    A router is one more file that says task, class, confidence and evidence; see
    export/export_router.py.
    """
    found = []
    for path in sorted((run_dir / "export").glob("router*.json")):
        try:
            entry = json.loads(path.read_text(encoding="utf-8"))
            content = path.with_suffix(".tflite").read_bytes()
            if entry["sha256"] == hashlib.sha256(content).hexdigest():
                found.append(entry)
        except (OSError, ValueError, KeyError, TypeError):
            continue  # not a router, or a damaged one
    return min(found, key=lambda entry: int(entry["bytes"]), default=None)
