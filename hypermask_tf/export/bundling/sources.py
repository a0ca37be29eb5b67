"""What goes into a bundle: verified `.tflite` files with their JSON."""

import dataclasses
import fnmatch
import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from hypermask_tf.export.bundle_reader.fields import file_name


@dataclasses.dataclass(frozen=True)
class SourceFile:
    """A `.tflite` file and the JSON beside it."""

    file: str
    content: bytes = dataclasses.field(repr=False)
    sidecar: dict[str, Any] = dataclasses.field(repr=False)

    @property
    def sha256(self) -> str:
        """The SHA-256 of the file, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def task_index(self) -> int | None:
        """Number of its task, where the JSON has one."""
        task = self.sidecar.get("task")
        index = task.get("index") if isinstance(task, dict) else None
        return index if isinstance(index, int) else None


def read_sources(
    inputs: Iterable[Path], pattern: str = "*.tflite", smallest: bool = False
) -> list[SourceFile]:
    """Returns the exported files of runs, in order of task and name.

    Args:
        inputs: run folders, their `export` folders, or single `.tflite` files.
        pattern: which files of a folder, such as `*.dynamic_int8.tflite`.
        smallest: only the smallest file of each task.

    Raises:
        FileNotFoundError: when an input or a JSON is missing, or nothing matches.
        ValueError: when a file is not the one that its JSON describes.
    """
    sources = []
    for path in inputs:
        for tflite in _files(path, pattern):
            sources.append(read_source(tflite))
    if smallest:
        sources = _smallest(sources)
    return sorted(sources, key=_order)


def read_source(path: Path) -> SourceFile:
    """Returns one file and its JSON.

    Raises:
        FileNotFoundError: when the JSON is missing.
        ValueError: when the file is not the one that its JSON describes.
    """
    json_path = path.with_suffix(".json")
    if not json_path.is_file():
        raise FileNotFoundError(
            f"Expected {json_path} beside {path.name}, as the export tool writes it"
        )
    source = SourceFile(file_name(path.name), path.read_bytes(), _sidecar(json_path))
    if source.sidecar.get("sha256") != source.sha256:
        raise ValueError(
            f"{path} is not the file that {json_path.name} describes: its SHA-256 is "
            f"{source.sha256}. Export it again"
        )
    return source


def _files(path: Path, pattern: str) -> list[Path]:
    if path.is_file():
        return [path]
    folder = path / "export" if (path / "export").is_dir() else path
    if not folder.is_dir():
        raise FileNotFoundError(
            f"Expected a run, its export folder or a .tflite file. Received: {path}"
        )
    names = sorted(file.name for file in folder.glob("*.tflite"))
    found = fnmatch.filter(names, pattern)
    if not found:
        raise FileNotFoundError(
            f"Expected files like {pattern} in {folder}. Received: "
            f"{', '.join(names) or 'none'}"
        )
    return [folder / name for name in found]


def _sidecar(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}") from error
    if not isinstance(values, dict):
        raise ValueError(f"Expected an object in {path}. Received: {values!r:.40}")
    return values


def _smallest(sources: Sequence[SourceFile]) -> list[SourceFile]:
    best: dict[int, SourceFile] = {}
    for source in sources:
        if source.task_index is None:
            raise ValueError(f"The JSON of {source.file} names no task index")
        known = best.get(source.task_index)
        if known is None or len(source.content) < len(known.content):
            best[source.task_index] = source
    return list(best.values())


def _order(source: SourceFile) -> tuple[bool, int, str]:
    index = source.task_index
    return (index is None, index or 0, source.file)
