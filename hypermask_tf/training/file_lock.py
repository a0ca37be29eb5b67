"""A file that one process at a time has, and that the system takes from a dead one."""

import contextlib
import errno
import os
import pathlib
import sys
import warnings

# What the systems say where another process has the lock.
_TAKEN = (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK)
# What they say where files cannot be locked at all.
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        # Windows keeps others from reading a locked byte, so one behind the text.
        os.lseek(descriptor, 1 << 30, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FileLock:
    """A lock on a file, which goes with the lock.

    Args:
        path: The file.
        descriptor: Of the file, open and locked. Use `take`.
    """

    def __init__(self, path: pathlib.Path, descriptor: int) -> None:
        self._path, self._descriptor = path, descriptor

    @classmethod
    def take(cls, path: pathlib.Path) -> "FileLock | None":
        """Locks a file, made if missing; None if another process has the lock.

        On a file system without locks it warns, and locks nothing.

        Raises:
            OSError: If the file cannot be opened.
        """
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                _lock(descriptor)
            except OSError as error:
                if error.errno not in _NO_LOCKS:
                    os.close(descriptor)
                    if error.errno in _TAKEN:
                        return None
                    raise
                warnings.warn(
                    f"{path.parent} lies where files cannot be locked: see to it that "
                    "no other process writes there.",
                    stacklevel=2,
                )
            # Whoever had the lock may have removed the file before it was locked here.
            if _is_at(path, descriptor):
                return cls(path, descriptor)
            os.close(descriptor)

    def write(self, text: str) -> None:
        """Replaces what the file says."""
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, text.encode())

    def release(self) -> None:
        """Removes the file, unless another has taken its place, and frees the lock."""
        if sys.platform == "win32":  # an open file cannot be removed
            self.close()
            self._remove()
        else:
            if _is_at(self._path, self._descriptor):
                self._remove()
            self.close()

    def _remove(self) -> None:
        # Another process may have it open, or the folder be read-only by now.
        with contextlib.suppress(OSError):
            self._path.unlink()

    def close(self) -> None:
        """Closes the file; where no other process shares it, the lock is free."""
        os.close(self._descriptor)


def _is_at(path: pathlib.Path, descriptor: int) -> bool:
    """Whether an open file is the one at a path."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False
