"""What goes into a bundle: verified `.tflite` files with their JSON."""

import dataclasses
import fnmatch
import hashlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from hypermask_tf.export.one_file.names import is_one_file


@dataclasses.dataclass(frozen=True)
class SourceFile:
    """A `.tflite` file and the JSON beside it, both as they are on disk.

    Args:
        file: name of the `.tflite` file.
        content: its bytes.
        text: the bytes of the JSON.
        task: number of its task; `None` where the JSON has none.
        shared: whether it serves all tasks, as a front end does.
    """

    file: str
    content: bytes = dataclasses.field(repr=False)
    text: bytes = dataclasses.field(repr=False)
    task: int | None = None
    shared: bool = False


def read_sources(
    inputs: Iterable[Path], pattern: str = "*.tflite", smallest: bool = False
) -> list[SourceFile]:
    """Returns the exported files of runs, in order of task and name.

    Args:
        inputs: run folders, their `export` folders, or single `.tflite` files.
        pattern: which files of a folder, such as `*.dynamic_int8.tflite`.
        smallest: only the smallest file of each task, and what serves all of them.

    Raises:
        FileNotFoundError: when an input or a JSON is missing, or nothing matches.
        ValueError: when a file is not the one that its JSON describes.
    """
    sources = [_read(file) for path in inputs for file in _find(path, pattern)]
    if smallest:
        best: dict[int, SourceFile] = {}
        shared = [source for source in sources if source.shared]
        for source in sorted(sources, key=lambda source: len(source.content)):
            if source.task is not None:
                best.setdefault(source.task, source)
            elif not source.shared:
                raise ValueError(f"The JSON of {source.file} names no task index")
        sources = [*best.values(), *shared]
    return sorted(sources, key=_order)


def _find(path: Path, pattern: str) -> list[Path]:
    if path.is_file():
        return [path]
    folder = path / "export" if (path / "export").is_dir() else path
    if not folder.is_dir():
        raise FileNotFoundError(
            f"Expected a run, its export folder or a .tflite file. Received: {path}"
        )
    # A bundle shares what tasks have in common itself.
    names = sorted(f.name for f in folder.glob("*.tflite") if not is_one_file(f.name))
    found = fnmatch.filter(names, pattern)
    if not found:
        raise FileNotFoundError(
            f"Expected files like {pattern} in {folder}. Received: "
            f"{', '.join(names) or 'none'}"
        )
    return [folder / name for name in found]


def _read(path: Path) -> SourceFile:
    beside = path.with_suffix(".json")
    if not beside.is_file():
        raise FileNotFoundError(
            f"Expected {beside} beside {path.name}, as the export tool writes it"
        )
    content, text = path.read_bytes(), beside.read_bytes()
    try:
        values = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{beside} is not JSON: {error}") from error
    if not isinstance(values, dict):
        raise ValueError(f"Expected an object in {beside}. Received: {values!r:.40}")
    digest = hashlib.sha256(content).hexdigest()
    if values.get("sha256") != digest:
        raise ValueError(
            f"{path} is not the file that {beside.name} describes: its SHA-256 is "
            f"{digest}. Export it again"
        )
    task = values.get("task")
    index = task.get("index") if isinstance(task, dict) else None
    return SourceFile(
        path.name,
        content,
        text,
        index if type(index) is int else None,
        shared=values.get("kind") == "front_end",
    )


def _order(source: SourceFile) -> tuple[int, str]:
    """Files without a task number come last."""
    return sys.maxsize if source.task is None else source.task, source.file
