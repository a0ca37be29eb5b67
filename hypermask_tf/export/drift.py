"""How the files of earlier tasks moved since an older export."""

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hypermask_tf.export.interpreter import run_tflite
from hypermask_tf.export.report import read_good_files
from hypermask_tf.export.write import flatbuffer


@dataclasses.dataclass(frozen=True)
class Drift:
    """One file, then and now.

    Args:
        file: its name.
        task: number of its task.
        same_file: whether it is the same to the last byte.
        same_network: whether graph and weights are; what the file says of itself
            may differ.
        max_logit_difference: largest |Δlogit| on the test set.
        argmax_agreement: share of the test set on which both choose one class.
        accuracy_then: test accuracy of the older file, in 0..1.
        accuracy_now: test accuracy of the newer file, in 0..1.
    """

    file: str
    task: int
    same_file: bool
    same_network: bool
    max_logit_difference: float
    argmax_agreement: float
    accuracy_then: float
    accuracy_now: float

    def __str__(self) -> str:
        if self.same_file:
            return f"{self.file}: the same to the last byte"
        kind = "the same network, other notes" if self.same_network else "moved"
        return (
            f"{self.file}: {kind}, logits by at most {self.max_logit_difference:.2g}, "
            f"same class on {100 * self.argmax_agreement:.2f} %, accuracy "
            f"{100 * self.accuracy_then:.2f} → {100 * self.accuracy_now:.2f} %"
        )

    def to_json(self) -> dict[str, Any]:
        """Returns a dictionary of plain types."""
        return dataclasses.asdict(self)


def compare_exports(
    older: Mapping[str, bytes], newer: Mapping[str, bytes], tests: Any
) -> list[Drift]:
    """Compares files of the same name.

    Args:
        older: contents by file name.
        newer: contents by file name.
        tests: function from the number of a task to its test set and how many of the
            outputs it has: `(x, y, classes)`.

    Example:

    >>> compare_exports({"task_00.tflite": b"1"}, {"task_01.tflite": b"2"}, None)
    []
    """
    return [
        _drift(name, older[name], newer[name], tests(task_number(name)))
        for name in sorted(older.keys() & newer.keys())
    ]


def read_export(folder: Path) -> dict[str, bytes]:
    """Returns the good files of an export folder, or of the run it lies in.

    Raises:
        FileNotFoundError: when there is none.
    """
    inner = folder / "export"
    path = inner if inner.is_dir() else folder
    names = [entry["file"] for entry in read_good_files(path)]
    if not names:
        raise FileNotFoundError(
            f"Expected a folder with exported files. Received: {folder}, which has "
            "none whose bytes are those of its JSON. Name an export folder, a run "
            "that was exported, or an earlier task of a run as runs/x@2"
        )
    return {name: (path / name).read_bytes() for name in names}


def split_checkpoint(text: str) -> tuple[Path, int | None]:
    """Divides `runs/x@2` into the folder and the task after which it is looked at.

    Example:

    >>> split_checkpoint("runs/x@2")[1], split_checkpoint("runs/x")[1]
    (2, None)
    """
    match = re.fullmatch(r"(.+)@(\d+)", text)
    if match is None or Path(text).exists():
        return Path(text), None
    return Path(match[1]), int(match[2])


def task_number(name: str) -> int:
    """Returns the number of the task of a file name."""
    match = re.match(r"task_(\d+)", name)
    if match is None:
        raise ValueError(f"Expected a name like task_00.tflite. Received: {name!r}")
    return int(match[1])


def _drift(name: str, then: bytes, now: bytes, test: Any) -> Drift:
    x, y, classes = test
    before = run_tflite(then, x)
    after = before if then == now else run_tflite(now, x)
    if before.shape != after.shape:
        raise ValueError(
            f"Expected {name} to have as many outputs as before. Received: "
            f"{before.shape[1:]} then and {after.shape[1:]} now. Compare exports of "
            "one run"
        )
    choices = before[:, :classes].argmax(-1), after[:, :classes].argmax(-1)
    return Drift(
        file=name,
        task=task_number(name),
        same_file=then == now,
        same_network=then == now or _network(then) == _network(now),
        max_logit_difference=float(np.max(np.abs(before - after))),
        argmax_agreement=float(np.mean(choices[0] == choices[1])),
        accuracy_then=float(np.mean(choices[0] == y)),
        accuracy_now=float(np.mean(choices[1] == y)),
    )


def _network(content: bytes) -> bytes:
    """The file without what it says of itself."""
    model = flatbuffer.unpack(content)
    for entry in model.metadata or []:
        model.buffers[entry.buffer].data = None
    model.metadata = []
    return flatbuffer.pack(model)
