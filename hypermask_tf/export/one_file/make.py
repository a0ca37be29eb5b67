"""Make and verify one file for all tasks."""

import dataclasses
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hypermask_tf.export.examples import Examples
from hypermask_tf.export.measure.sizes import zstd_bytes
from hypermask_tf.export.one_file.compare import Compared, compare
from hypermask_tf.export.one_file.names import one_file_name
from hypermask_tf.export.one_file.parts import Entry, parts_of
from hypermask_tf.export.one_file.resident import resident_bytes
from hypermask_tf.export.one_file.stitch import stitch
from hypermask_tf.export.one_file.times import measure_calls
from hypermask_tf.export.sidecar import SCHEMA_VERSION, package_versions

# What the JSON of a separate file says of its task, and that of all tasks, too.
_OF_TASKS = (
    *("source", "model_version", "labels", "preprocessing"),
    *("input", "inputs", "output", "outputs", "activation_bytes"),
)


@dataclasses.dataclass(frozen=True)
class OneFile:
    """A file of all tasks whose outputs are those of the separate files, to the bit.

    Args:
        content: its bytes.
        description: the JSON beside it.
    """

    content: bytes = dataclasses.field(repr=False)
    description: dict[str, Any]


def make_one_file(
    entries: Sequence[Entry],
    quantization: str,
    read: Callable[[str], bytes],
    examples: Callable[[int], Examples | None],
    measure: bool = True,
) -> OneFile:
    """Puts the verified files of all tasks into one, and runs it against them.

    Args:
        entries: the JSON of every good file of a folder.
        quantization: which of them are put together.
        read: gives the bytes of a file by its name.
        examples: gives the test inputs of a task by its index; `None` where they are
            not at hand.
        measure: whether to measure times and the memory of a process.

    Raises:
        ValueError: when a task has no such file, there is one task only, or an output
            differs.
    """
    chosen = parts_of(entries, quantization)
    parts = {key: read(entry["file"]) for key, entry in chosen.items()}
    content = stitch(parts)
    found = compare(
        content,
        parts,
        {key: examples(entry["task"]["index"]) for key, entry in chosen.items()},
    )
    _check(found)
    adds = _added_bytes(parts)
    description = {
        "schema_version": SCHEMA_VERSION,
        "kind": "all_tasks",
        "file": one_file_name(quantization),
        "sha256": hashlib.sha256(content).hexdigest(),
        "quantization": quantization,
        "bytes": len(content),
        "zstd_bytes": zstd_bytes(content),
        "separate": {
            "bytes": sum(len(part) for part in parts.values()),
            "zstd_bytes": sum(entry["zstd_bytes"] for entry in chosen.values()),
        },
        **_measured(content, parts, measure),
        "tasks": [
            _task(key, entry, adds[key], found[key]) for key, entry in chosen.items()
        ],
        "versions": package_versions(),
    }
    return OneFile(content, description)


def _check(found: Mapping[str, Compared]) -> None:
    wrong = [
        f"{task.different} of {task.test + task.random} of {key!r}"
        for key, task in found.items()
        if task.different
    ]
    if wrong:
        raise ValueError(
            "Expected the outputs of the separate files, to the last bit. Received: "
            f"other outputs on {', '.join(wrong)}. Ship the separate files"
        )


def _added_bytes(parts: Mapping[str, bytes]) -> dict[str, int]:
    """Returns by how much each task makes the file longer that holds those before."""
    sizes = [0]
    for count in range(1, len(parts) + 1):
        sizes.append(len(stitch(dict(list(parts.items())[:count]))))
    return {key: sizes[i + 1] - sizes[i] for i, key in enumerate(parts)}


def _measured(
    content: bytes, parts: Mapping[str, bytes], measure: bool
) -> dict[str, Any]:
    if not measure:
        return {"resident_bytes": None, "calls_us": None}
    one, separate = measure_calls(content, parts)
    return {
        "resident_bytes": {
            "one_file": resident_bytes([content]),
            "separate": resident_bytes(list(parts.values())),
        },
        "calls_us": {
            "one_file": dataclasses.asdict(one),
            "separate": dataclasses.asdict(separate),
        },
    }


def _task(key: str, entry: Entry, added: int, found: Compared) -> dict[str, Any]:
    return {
        **entry["task"],
        "signature": key,
        "file": entry["file"],
        "sha256": entry["sha256"],
        "bytes": entry["bytes"],
        "added_bytes": added,
        "compared": {"test": found.test, "random": found.random},
        **{name: entry[name] for name in _OF_TASKS if name in entry},
    }
