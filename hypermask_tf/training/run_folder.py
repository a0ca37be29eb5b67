"""The folder of a run: what is in it, written whole or not at all."""

import json
import os
import pathlib
import shutil
from collections.abc import Collection, Mapping
from typing import Any

from hypermask_tf import files
from hypermask_tf.scenarios import Scenario
from hypermask_tf.training.checkpoints import Checkpoints
from hypermask_tf.training.folder_lock import LOCK_FILE, FolderLock
from hypermask_tf.training.position import Position
from hypermask_tf.training.run_scenario import run_scenario

_OWN = ("checkpoints", "logs", "plots", "inference", "export")
_FILES = ("results.json", "flags.txt", "manifest.json", "pending.json")


class RunFolder:
    """A run's flags, manifest, results, checkpoints, logs, plots, statistics, exports.

    Every file but the growing logs is written under a temporary name and renamed, so
    whatever is there is whole.

    Args:
        path: The folder; `~` is the home folder. Use `create` or `open`.

    Attributes:
        checkpoints: The saved states of the run, see `Checkpoints`.

    Example:

    >>> import tempfile
    >>> run = RunFolder.create(tempfile.mkdtemp() + "/first")
    >>> run.write_manifest({"benchmark": "split_digits"})
    >>> RunFolder.open(run.path).manifest()["benchmark"]
    'split_digits'
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = files.expanded(path)
        self.checkpoints_dir = self.path / "checkpoints"
        self.checkpoints = Checkpoints(self.checkpoints_dir)
        self.logs_dir = self.path / "logs"
        self.plots_dir = self.path / "plots"
        self.inference_dir = self.path / "inference"
        self.export_dir = self.path / "export"

    @classmethod
    def create(
        cls, path: str | os.PathLike[str], overwrite: bool = False
    ) -> "RunFolder":
        """Makes an empty run folder.

        Args:
            path: Where. An empty folder may exist.
            overwrite: Whether a run that lies there already is removed.

        Raises:
            FileExistsError: If something is there and may not be replaced.
            FolderInUseError: If another process writes to it.
        """
        cls.check_free(path, overwrite)
        run = cls(path)
        run.path.mkdir(parents=True, exist_ok=True)
        with run.lock():
            # Another process may have begun a run there meanwhile.
            cls.check_free(path, overwrite)
            for name in _OWN:
                shutil.rmtree(run.path / name, ignore_errors=True)
            for name in _FILES:
                (run.path / name).unlink(missing_ok=True)
            run.remove_leftovers()
        return run

    @classmethod
    def check_free(cls, path: str | os.PathLike[str], overwrite: bool = False) -> None:
        """Raises what `create` would, and touches nothing.

        Raises:
            FileExistsError: If something is there and may not be replaced.
        """
        run = cls(path)
        if run.path.is_dir():
            # A process that was killed at once has left no more than a part of a file.
            harmless = {*run._leftovers(), run.path / LOCK_FILE}
            found = set(run.path.iterdir()) - harmless
        else:
            found = {run.path} if run.path.exists() else set()
        if found:
            run._check_replaceable(overwrite)

    def _check_replaceable(self, overwrite: bool) -> None:
        if not (self.path / "manifest.json").is_file():
            raise FileExistsError(
                f"{self.path} exists and is not the folder of a run, so it is left "
                "alone. Name another --run_dir"
            )
        if not overwrite:
            raise FileExistsError(
                f"{self.path} holds a run already. Name another --run_dir, or pass "
                "--overwrite to replace it"
            )

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> "RunFolder":
        """Opens the folder of a run.

        Raises:
            FileNotFoundError: If there is none.
        """
        run = cls(path)
        if not (run.path / "manifest.json").is_file():
            raise FileNotFoundError(
                f"{run.path} is not the folder of a run: it has no manifest.json. "
                "Train one with apps/train.py --run_dir=…"
            )
        return run

    def check_shared(self, whole: bool = False) -> None:
        """Refuses a run of which no learner holds what is asked for.

        Args:
            whole: Whether every task that was ever learned is needed, and the learner
                as it was right after each.

        Raises:
            ValueError: If each task has replaced the one before, or some are gone.
        """
        manifest = self.manifest()
        if manifest.get("baseline") == "alone":
            raise ValueError(
                "Expected a run whose last checkpoint holds all of its tasks. "
                "Received: a run with --baseline=alone, where each task has replaced "
                "the one before."
            )
        tasks = manifest["scenario"]["tasks"]
        if whole and any(t.get("forgotten") or t.get("version_of") for t in tasks):
            raise ValueError(
                "Expected a run with one network a task, and a checkpoint after each. "
                f"Received: {self.path}, of which tasks were forgotten or updated."
            )

    def lock(self) -> FolderLock:
        """What keeps other processes from writing to the run; see `FolderLock`."""
        return FolderLock(self.path)

    def remove_leftovers(self) -> None:
        """Removes the temporary files of a process that was killed while writing."""
        self.checkpoints.remove_leftovers()
        for path in self._leftovers():
            path.unlink(missing_ok=True)

    def _leftovers(self) -> list[pathlib.Path]:
        names = [name.split(".") for name in _FILES]
        return [
            path for stem, kind in names for path in self.path.glob(f".{stem}.*.{kind}")
        ]

    def remove_logs(self, task: int) -> None:
        """Removes what was logged while a task was learned."""
        for path in self.logs_dir.glob(f"task_{task:02d}*"):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    def write_flags(self, text: str) -> None:
        """Writes `flags.txt`, a flagfile that runs this run again."""
        files.write_text(self.path / "flags.txt", text)

    def write_manifest(self, values: dict[str, Any]) -> None:
        """Writes `manifest.json`: data, seed, versions, device."""
        files.write_json(self.path / "manifest.json", values)

    def write_results(self, values: dict[str, Any]) -> None:
        """Writes `results.json`, whole, after every task."""
        files.write_json(self.path / "results.json", values)

    def flags(self) -> str:
        """What `write_flags` wrote.

        Raises:
            FileNotFoundError: If the run broke off before it had written it.
        """
        path = self.path / "flags.txt"
        if not path.is_file():
            raise FileNotFoundError(
                f"{path} is missing: the run broke off before it began. Start it anew "
                "with --overwrite"
            )
        return path.read_text(encoding="utf-8")

    def manifest(self) -> dict[str, Any]:
        """What `write_manifest` wrote."""
        return self._read("manifest.json")

    def results(self) -> dict[str, Any]:
        """What `write_results` wrote last."""
        return self._read("results.json")

    def _read(self, name: str) -> Any:
        try:
            return json.loads((self.path / name).read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise FileNotFoundError(
                f"{self.path / name} is missing: has the run finished a task?"
            ) from error
        except ValueError as error:
            raise ValueError(f"{self.path / name} is damaged: {error}") from error

    def load_model(
        self,
        task: int | None = None,
        custom_objects: Mapping[str, Any] | None = None,
        safe_mode: bool = True,
    ) -> Any:
        """The learner as it was after `task`, by default the last finished one.

        Args:
            task: The task.
            custom_objects: Classes and functions of your own that are not registered,
                by name: layers, activations, losses, metrics, optimizers.
            safe_mode: Whether to refuse code from the file, such as that of a `Lambda`
                layer.

        Raises:
            FileNotFoundError: If there is no such checkpoint.
            ValueError: If the file is not the one that was written, an object of your
                own is missing, or code is refused.
        """
        finished = [p for p in self.checkpoints.positions() if not p.running]
        if task is not None:
            after = [p for p in finished if p.task == task + 1]
            position = after[-1] if after else Position(task + 1)
        elif finished:
            position = finished[-1]
        else:
            raise FileNotFoundError(
                f"{self.path} has no checkpoint of a finished task. Train it first"
            )
        return self.checkpoints.open(position).load_model(custom_objects, safe_mode)

    def load_scenario(
        self,
        data_dir: str | os.PathLike[str] | None = None,
        tasks: Collection[int] | None = None,
    ) -> Scenario:
        """The scenario this run learned, built again; see `run_scenario`.

        Args:
            data_dir: Where prepared data sets, or the run's own data, lie, as for
                `scenarios.get`; by default where the run found them.
            tasks: Indices of the tasks whose data are wanted. Defaults to all.

        Raises:
            FileNotFoundError: If the data are not there.
            ValueError: If own data have changed since.
        """
        return run_scenario(self.manifest(), data_dir, tasks)
