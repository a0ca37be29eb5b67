"""A folder that one process at a time writes to."""

import os
import pathlib
import threading
import weakref
from typing import Any

from hypermask_tf import files
from hypermask_tf.training.file_lock import FileLock
from hypermask_tf.training.folder_in_use_error import FolderInUseError
from hypermask_tf.training.lock_holder import LockHolder

LOCK_FILE = ".lock"


class FolderLock:
    """Keeps other processes from writing to a folder that this one writes to.

    The lock belongs to the process: whoever takes it there a second time has it too,
    and it is free when all have released it. The system frees it when the process ends,
    however it ends. Readers are not held up, for they ask for no lock.

    Args:
        folder: The folder; made when it is missing, and removed again if it is empty
            when the lock is released.

    Example:

    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> with FolderLock(folder), FolderLock(folder):
    ...     os.listdir(folder)
    ['.lock']
    >>> os.listdir(folder)
    []
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = files.expanded(folder)
        self._release: weakref.finalize[Any, Any] | None = None

    def acquire(self) -> None:
        """Takes the lock, unless this object has it already.

        Raises:
            FolderInUseError: If another process has it.
            OSError: If the folder cannot be written to.
        """
        if self._release is None:
            key = _take(self.folder)
            # An object that is forgotten holds nothing.
            self._release = weakref.finalize(self, _give_back, key)

    def release(self) -> None:
        """Gives the lock back, if this object has it."""
        if self._release is not None:
            self._release()
            self._release = None

    def __enter__(self) -> "FolderLock":
        self.acquire()
        return self

    def __exit__(self, *error: object) -> None:
        self.release()


class _Held:
    """A lock of this process, how often it was taken, and the folders made for it."""

    def __init__(self, lock: FileLock, made: list[pathlib.Path]) -> None:
        self.lock, self.made, self.count = lock, made, 1


class _Process:
    """The locks of this process by folder, which one thread at a time changes."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Holds nothing."""
        self.held: dict[str, _Held] = {}
        self.guard = threading.RLock()

    def forget(self) -> None:
        """In a forked child: its parent has the locks, and they share open files."""
        for held in self.held.values():
            held.lock.close()
        self.begin()


_process = _Process()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_process.forget)


def _take(folder: pathlib.Path) -> str:
    key = os.path.realpath(folder)
    with _process.guard:
        try:
            _process.held[key].count += 1
        except KeyError:
            _process.held[key] = _hold(folder)
    return key


def _hold(folder: pathlib.Path) -> _Held:
    made = _make(folder)
    try:
        return _Held(_locked(folder), made)
    except BaseException:
        _remove_empty(made)
        raise


def _give_back(key: str) -> None:
    with _process.guard:
        held = _process.held.get(key)
        if held is None:  # in a forked child
            return
        held.count -= 1
        if not held.count:
            del _process.held[key]
            held.lock.release()
            _remove_empty(held.made)


def _locked(folder: pathlib.Path) -> FileLock:
    path = folder / LOCK_FILE
    try:
        lock = FileLock.take(path)
    except PermissionError as error:
        raise PermissionError(
            f"Expected a folder that can be written to. Received: {folder}, where "
            f"{path.name} cannot be made: {error.strerror}"
        ) from error
    if lock is None:
        holder = LockHolder.read(path) or "a process that has just begun"
        raise FolderInUseError(
            "Expected a folder that no other process writes to. Received: "
            f"{folder}, in use by {holder}. Wait until it ends, or end "
            "it: its lock goes with it, after a crash too. Only where that machine is "
            f"gone, remove {path}"
        )
    lock.write(LockHolder.this_process().to_json())
    return lock


def _make(folder: pathlib.Path) -> list[pathlib.Path]:
    """Makes a folder; returns those that were missing, the innermost first."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing


def _remove_empty(folders: list[pathlib.Path]) -> None:
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:  # something is in it by now
            return
