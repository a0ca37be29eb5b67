"""Runs the tests of a room in a copy of the checkout, in a forked process."""

import hashlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

import pytest


def copy_tree(root: pathlib.Path, to: pathlib.Path) -> str:
    """Copies what git tracks, and what it would, without caches and build results.

    Returns:
        A digest of all files.
    """
    digest = hashlib.sha256()
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        check=True,
        capture_output=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (root / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, to / name)
            digest.update(name.encode() + b"\0" + (to / name).read_bytes())
    return digest.hexdigest()


class Trial:
    """A run of pytest that has been started.

    The process that starts it should have imported what takes long, such as
    TensorFlow: a fork has it at once. It must not have run an operation yet.

    Args:
        tree: Root of a copy of the checkout.
        tests: What pytest gets.
        limit: Seconds after which it is ended.
    """

    def __init__(self, tree: pathlib.Path, tests: Sequence[str], limit: float) -> None:
        self._note = tree.with_suffix(".failure")
        self._note.write_text("")
        self._started, self._limit = time.monotonic(), limit
        self.timed_out = False
        self.status: int | None = None
        sys.stdout.flush()
        self._pid = os.fork()
        if not self._pid:
            _test(tree, tests, self._note)

    @property
    def seconds(self) -> float:
        """How long it has been running."""
        return time.monotonic() - self._started

    @property
    def failure(self) -> str:
        """The first test that failed; empty if none has."""
        return self._note.read_text()

    def done(self) -> bool:
        """Whether it has ended, or was ended for taking too long."""
        pid, status = os.waitpid(self._pid, os.WNOHANG)
        if pid:
            self.status = os.waitstatus_to_exitcode(status)
        elif self.seconds > self._limit:
            self.timed_out = True
            self.stop()
        else:
            return False
        return True

    def stop(self) -> None:
        """Ends it, and what it started."""
        try:
            os.killpg(self._pid, signal.SIGKILL)
        except ProcessLookupError:  # not yet a group of its own
            os.kill(self._pid, signal.SIGKILL)
        _, status = os.waitpid(self._pid, 0)
        self.status = os.waitstatus_to_exitcode(status)


class _FirstFailure:
    """Writes down which test failed first."""

    def __init__(self, note: pathlib.Path) -> None:
        self._note = note

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self._note.read_text():
            self._note.write_text(report.nodeid)


def _test(tree: pathlib.Path, tests: Sequence[str], note: pathlib.Path) -> None:
    """What the forked process does; never returns."""
    status = int(pytest.ExitCode.INTERNAL_ERROR)
    try:
        os.setsid()
        # A mutant may be as old and as long as the original, which is what tells
        # compiled files from stale ones.
        sys.dont_write_bytecode = True
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        os.chdir(tree)
        log = os.open(tree.with_suffix(".log"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        sys.path.insert(0, str(tree))
        scratch = tree.with_suffix(".tmp")
        options = ["-x", "-q", "-p", "no:cacheprovider", f"--basetemp={scratch}"]
        status = int(
            pytest.main(
                [*options, f"--rootdir={tree}", *tests], plugins=[_FirstFailure(note)]
            )
        )
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)
