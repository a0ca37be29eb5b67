"""The saved states of a run, and which of them are whole."""

import json
import os
import pathlib
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from hypermask_tf import files
from hypermask_tf.training.checkpoint import Checkpoint
from hypermask_tf.training.position import Position

_INDEX = "index.json"


class Checkpoints:
    """A folder of checkpoints: one per finished task, a few within the running one.

    A checkpoint is a model, `task_00.keras`; what the run knew then, `task_00.json`;
    and where callbacks keep weights, `task_00.npz`. `index.json` names every file with
    its size and SHA-256. It is replaced last, so whatever it names was whole: a save
    that broke off at any moment leaves the checkpoints before it as they were.

    Args:
        folder: Where they lie; made when the first is saved.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = files.expanded(folder)

    def save(
        self,
        position: Position,
        model: keras.Model,
        state: Mapping[str, Any] = {},
        arrays: Mapping[str, np.ndarray] = {},
    ) -> pathlib.Path:
        """Saves `model` with what else belongs to `position`.

        Args:
            position: Where the run stands.
            model: The learner.
            state: Ready for JSON.
            arrays: Arrays by name.

        Returns:
            The file of the model.
        """
        path = self.folder / f"{position.stem}.keras"
        with files.replacing(path) as temporary:
            model.save(temporary)
        files.write_json(path.with_suffix(".json"), dict(state))
        written = [path, path.with_suffix(".json")]
        if arrays:
            with files.replacing(path.with_suffix(".npz")) as temporary:
                np.savez(temporary, **arrays)  # type: ignore[arg-type]
            written.append(path.with_suffix(".npz"))
        entries = {
            file.name: {"sha256": files.sha256(file), "bytes": file.stat().st_size}
            for file in written
        }
        self._write({**self.index(), **entries})
        return path

    def index(self) -> dict[str, Any]:
        """SHA-256 and bytes of every file that belongs to a whole checkpoint.

        Raises:
            ValueError: If the index itself is damaged.
        """
        path = self.folder / _INDEX
        if not path.is_file():
            return {}
        try:
            return dict(json.loads(path.read_text(encoding="utf-8")))
        except ValueError as error:
            raise ValueError(f"{path} is damaged: {error}") from error

    def _write(self, index: Mapping[str, Any]) -> None:
        files.write_json(self.folder / _INDEX, dict(sorted(index.items())))

    def positions(self) -> list[Position]:
        """Where checkpoints were saved, in the order of the run."""
        models = [name for name in self.index() if name.endswith(".keras")]
        return sorted(Position.of(name) for name in models)

    def open(self, position: Position) -> Checkpoint:
        """The checkpoint that was saved at `position`.

        Raises:
            FileNotFoundError: If there is none, or a file of it is missing.
            ValueError: If a file is not the one that was written.
        """
        index = self.index()
        names = [name for name in index if name.startswith(f"{position.stem}.")]
        for name in sorted(names):
            self._check(self.folder / name, index[name]["sha256"])
        if f"{position.stem}.keras" not in names:
            known = ", ".join(p.stem for p in self.positions())
            raise FileNotFoundError(
                f"{self.folder} has no checkpoint {position.stem}. "
                f"There are: {known or 'none'}"
            )
        return Checkpoint(position, self.folder, self._state(position))

    def _state(self, position: Position) -> dict[str, Any]:
        path = self.folder / f"{position.stem}.json"
        return dict(json.loads(path.read_text("utf-8"))) if path.is_file() else {}

    @staticmethod
    def _check(path: pathlib.Path, expected: str) -> None:
        if not path.is_file():
            raise FileNotFoundError(
                f"{path} is missing. Restore it from a copy, or train again"
            )
        found = files.sha256(path)
        if found != expected:
            raise ValueError(
                f"{path} is damaged: its SHA-256 is {found}, expected {expected}. "
                "Restore it from a copy, or train again"
            )

    def latest(self) -> Checkpoint | None:
        """The last checkpoint that is whole; None if there is none.

        A damaged one is skipped with a warning.
        """
        for position in reversed(self.positions()):
            try:
                return self.open(position)
            except (ValueError, FileNotFoundError) as error:
                warnings.warn(
                    f"Skipped the checkpoint {position.stem}: {error}", stacklevel=2
                )
        return None

    def keep_running(self, count: int) -> None:
        """Removes all but the last `count` checkpoints that lie within a task."""
        running = [position for position in self.positions() if position.running]
        self._remove(running[: max(len(running) - count, 0)])

    def remove_after(self, position: Position) -> None:
        """Removes the checkpoints behind a position: those that are damaged."""
        self._remove([other for other in self.positions() if other > position])

    def forget(self, task: int) -> None:
        """Removes all checkpoints that have learned `task`, but the latest."""
        learned = [position for position in self.positions() if position.task > task]
        self._remove(learned[:-1])

    def remove_from_task(self, task: int) -> None:
        """Removes all checkpoints that have begun to learn `task`."""
        self._remove([p for p in self.positions() if p > Position(task, 0, 1 << 30)])

    def _remove(self, positions: Sequence[Position]) -> None:
        gone = {position.stem for position in positions}
        index = self.index()
        names = [name for name in index if name.partition(".")[0] in gone]
        if names:
            # First out of the index: what it names is there.
            self._write({k: v for k, v in index.items() if k not in names})
        for name in names:
            (self.folder / name).unlink(missing_ok=True)

    def remove_leftovers(self) -> None:
        """Removes what a save left that broke off."""
        index = self.index()
        for path in self.folder.glob("*"):
            known = path.name == _INDEX or path.name in index
            if not known and path.name.lstrip(".").startswith(("task_", "running_")):
                path.unlink(missing_ok=True)
        for path in self.folder.glob(f".{pathlib.Path(_INDEX).stem}.*"):
            path.unlink(missing_ok=True)
