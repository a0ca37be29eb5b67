"""Files of all tasks hold what the folder holds, or they go."""

import dataclasses
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from hypermask_tf import files
from hypermask_tf.export import mistakes
from hypermask_tf.export.examples import Examples
from hypermask_tf.export.one_file.make import OneFile, make_one_file
from hypermask_tf.export.one_file.names import (
    one_file_kinds,
    one_file_name,
    one_file_paths,
)
from hypermask_tf.export.quantize.recipe import QUANTIZATIONS
from hypermask_tf.export.report import REPORT_NAME, FailedFile, read_good_files
from hypermask_tf.export.sidecar import write_json


@dataclasses.dataclass(frozen=True)
class OneFiles:
    """What became of the files of all tasks of a folder.

    Args:
        made: those that were made, and verified.
        failed: those that were asked for and cannot be made.
        removed: of earlier ones that cannot be made again, a line of text each.
    """

    made: tuple[OneFile, ...] = ()
    failed: tuple[FailedFile, ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def descriptions(self) -> tuple[dict[str, Any], ...]:
        """The JSON beside each that was made."""
        return tuple(one.description for one in self.made)

    def publish(self, folder: Path) -> None:
        """Gives the files that were made their names, and their JSON as the seal."""
        for one in self.made:
            path = folder / one.description["file"]
            with files.replacing(path) as temporary:
                temporary.write_bytes(one.content)
            write_json(path.with_suffix(".json"), one.description)


def one_files_of(
    entries: Sequence[Mapping[str, Any]],
    asked: Collection[str],
    earlier: Collection[str],
    read: Callable[[str], bytes],
    examples: Callable[[int], Examples | None],
    measure: bool = True,
) -> OneFiles:
    """Makes the files of all tasks that are asked for, or were there.

    Args:
        entries: the JSON of every good file of the folder.
        asked: ways to store weights, for which there is to be one.
        earlier: those for which there was one.
        read: gives the bytes of a separate file by its name.
        examples: gives the test inputs of a task by its index, if they are at hand.
        measure: whether to measure times and memory.
    """
    made, failed, removed = [], [], []
    for kind in QUANTIZATIONS:
        if kind not in asked and kind not in earlier:
            continue
        try:
            made.append(make_one_file(entries, kind, read, examples, measure))
        except ValueError as error:
            if mistakes.is_fault(error):
                raise
            name = one_file_name(kind)
            if kind in asked:
                failed.append(FailedFile(name, (str(error),)))
            else:
                removed.append(f"{name} was removed. {error}")
    return OneFiles(tuple(made), tuple(failed), tuple(removed))


def settle_folder(
    folder: Path,
    asked: Collection[str],
    earlier: Collection[str],
    examples: Callable[[int], Examples | None] = lambda index: None,
    measure: bool = True,
) -> OneFiles:
    """As `one_files_of`, for the files in a folder; those that are stale go.

    A process that is killed leaves none that holds other files than the folder does.
    """
    for kind in one_file_kinds(folder):
        for path in one_file_paths(folder, kind):
            path.unlink()

    def read(name: str) -> bytes:
        return (folder / name).read_bytes()

    found = one_files_of(
        read_good_files(folder), asked, earlier, read, examples, measure
    )
    found.publish(folder)
    return found


def remake(folder: Path, earlier: Collection[str]) -> OneFiles:
    """Makes files of all tasks again after a task has gone, and lists them anew.

    Without data, and without times: random inputs show that their outputs are those of
    the separate files.

    Args:
        folder: the export folder.
        earlier: ways to store weights, for which there was one.
    """
    path = folder / REPORT_NAME
    if not earlier or not path.is_file():
        return OneFiles()
    found = settle_folder(folder, (), earlier, measure=False)
    report = json.loads(path.read_text("utf-8"))
    write_json(path, report | {"one_files": list(found.descriptions)})
    return found
