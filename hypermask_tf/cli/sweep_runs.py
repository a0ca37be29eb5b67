"""One run of a sweep: a folder, and a process of apps/train.py that fills it."""

import pathlib
import subprocess
import sys
import time
from collections.abc import Iterator

from hypermask_tf import files
from hypermask_tf.cli.flagfiles import HARMLESS, read_flagfile
from hypermask_tf.cli.runs import Run, read_run
from hypermask_tf.training import FolderInUseError, FolderLock

# It stands beside the package, in a checkout and where that is installed.
_COMMAND = pathlib.Path(__file__).parents[2] / "hypermask.py"
# Between two looks at what a run has learned.
_SECONDS = 0.5


class RunFailedError(ValueError):
    """A run of a sweep that did not learn all its tasks."""


def train(folder: pathlib.Path, flags: str, data_dir: str | None) -> Iterator[Run]:
    """Trains what is still missing of a run; gives it after each of its tasks.

    A run that broke off goes on from its last checkpoint. If the caller stops reading,
    the process ends.

    Args:
        folder: The folder of the run.
        flags: Its flagfile, as text.
        data_dir: Where prepared data sets lie; None for the default.

    Raises:
        RunFailedError: If it ends before it has learned every task, or the folder
            holds a run with other flags.
    """
    _wait_until_free(folder)
    begun = _has_begun(folder, flags)
    run = _read(folder)
    if run is not None:
        yield run
        if run.finished:
            return
    log = folder.with_name(f"{folder.name}.log")
    process = _start(folder, None if begun else flags, data_dir, log)
    try:
        running = True
        while running:
            time.sleep(_SECONDS)
            # Asked first: what is read below is then all that it has learned.
            running = process.poll() is None
            before, run = run, _read(folder)
            if run and (before is None or run.learned_tasks > before.learned_tasks):
                yield run
    finally:
        process.kill()
        process.wait()
    if process.returncode or run is None or not run.finished:
        lines = log.read_text("utf-8", errors="replace").split("\n")
        last = next((line for line in reversed(lines) if line.strip()), "")
        raise RunFailedError(
            f"exit status {process.returncode}: {last} (all of it in {log})"
        )


def _wait_until_free(folder: pathlib.Path) -> None:
    """A sweep that was killed may have left a process that still trains there."""
    while True:
        try:
            with FolderLock(folder):
                return
        except FolderInUseError:
            time.sleep(_SECONDS)


def _has_begun(folder: pathlib.Path, flags: str) -> bool:
    """Whether there is a run to go on with."""
    kept = folder / "flags.txt"
    if not kept.is_file():
        return False
    there, wanted = read_flagfile(kept.read_text("utf-8")), read_flagfile(flags)
    if any(there.get(k) != wanted.get(k) for k in {*there, *wanted} - HARMLESS):
        raise RunFailedError(
            f"{folder} holds a run with other flags than this sweep's. Name another "
            "--sweep_dir"
        )
    return True


def _read(folder: pathlib.Path) -> Run | None:
    """The run, if it has learned a task."""
    return read_run(folder) if (folder / "results.json").is_file() else None


def _start(
    folder: pathlib.Path, flags: str | None, data_dir: str | None, log: pathlib.Path
) -> "subprocess.Popen[bytes]":
    arguments = ["--resume"]
    if flags is not None:
        flagfile = folder.with_name(f"{folder.name}.flags")
        files.write_text(flagfile, flags)
        arguments = [f"--flagfile={flagfile}", "--overwrite"]
    if data_dir:
        arguments.append(f"--data_dir={data_dir}")
    with open(log, "wb") as output:
        return subprocess.Popen(
            [
                *(sys.executable, str(_COMMAND), "train"),
                *(f"--run_dir={folder}", *arguments),
            ],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
