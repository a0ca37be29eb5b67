"""One process at a time writes to a folder."""

import json
import os
import signal
import socket
import threading

import pytest

from hypermask_tf.training import FolderInUseError, FolderLock, Position, RunFolder
from hypermask_tf.training.file_lock import FileLock
from tests.commands import PROCESSES, forked
from tests.training import interrupted


def _hold(folder, pipe):
    """Has the lock until told to give it back."""
    with FolderLock(folder):
        pipe.send(os.getpid())
        pipe.recv()
    pipe.send("free")
    pipe.recv()


class Other:
    """Another process that has the lock of a folder."""

    def __init__(self, folder):
        self.pipe, far = PROCESSES.Pipe()
        self.process = PROCESSES.Process(target=_hold, args=(str(folder), far))
        self.process.start()
        far.close()  # or the end of the process would not be seen
        assert self.pipe.poll(60)
        self.pid = self.pipe.recv()

    def release(self):
        self.pipe.send("go on")
        assert self.pipe.poll(60) and self.pipe.recv() == "free"

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)
        self.process.join(60)


@pytest.fixture
def other(tmp_path):
    made = Other(tmp_path / "x")
    yield made
    made.process.kill()
    made.process.join(60)


def test_a_second_process_is_told_who_writes_and_what_to_do(other, tmp_path):
    with pytest.raises(FolderInUseError) as caught:
        FolderLock(tmp_path / "x").acquire()
    text = str(caught.value)
    for part in (
        str(tmp_path / "x"),
        f"process {other.pid} on {socket.gethostname()} since 20",
        "after a crash too",
        f"remove {tmp_path / 'x' / '.lock'}",
    ):
        assert part in text
    other.release()
    with FolderLock(tmp_path / "x"):
        holder = json.loads((tmp_path / "x" / ".lock").read_text())
        assert holder["pid"] == os.getpid()


def test_a_killed_process_leaves_nothing_to_clean(other, tmp_path):
    other.kill()
    assert (tmp_path / "x" / ".lock").exists()
    with FolderLock(tmp_path / "x"):
        pass
    assert not (tmp_path / "x" / ".lock").exists()


def test_a_killed_process_is_no_obstacle_to_a_new_run(other, tmp_path):
    other.kill()
    run = RunFolder.create(tmp_path / "x")
    assert list(run.path.iterdir()) == []


def test_removing_the_file_breaks_the_lock(other, tmp_path):
    """As where the file system of a machine that is gone still keeps it."""
    path = tmp_path / "x" / ".lock"
    path.unlink()
    with FolderLock(tmp_path / "x"):
        other.release()
        assert path.exists(), "it removes the file of its successor"
        assert FileLock.take(path) is None


def _sequence(run):
    return interrupted.sequence(
        run, steps_per_task=1, model={"sparsity": 0, "protection": "all"}
    )


def test_readers_are_not_held_up_and_writers_are(other, tmp_path):
    run = RunFolder(tmp_path / "x")
    run.write_manifest({"benchmark": "mine"})
    assert RunFolder.open(run.path).manifest() == {"benchmark": "mine"}
    sequence = _sequence(RunFolder.open(run.path))
    for write in (
        lambda: RunFolder.create(run.path, overwrite=True),
        sequence.restore,
        sequence.learn,
    ):
        with pytest.raises(FolderInUseError):
            write()
    assert RunFolder.open(run.path).manifest() == {"benchmark": "mine"}
    other.release()
    assert sequence.restore() == Position()


def test_a_process_may_take_its_lock_again(tmp_path):
    path = tmp_path / ".lock"
    first, second = FolderLock(tmp_path), FolderLock(str(tmp_path) + "/.")
    first.acquire()
    first.acquire()
    second.acquire()
    first.release()
    first.release()
    assert path.exists()
    second.release()
    assert not path.exists()


def test_what_is_forgotten_holds_nothing(tmp_path):
    FolderLock(tmp_path).acquire()
    assert not (tmp_path / ".lock").exists()


def test_folders_that_were_made_for_a_lock_go_with_it(tmp_path):
    with FolderLock(tmp_path / "a" / "b" / "c"):
        (tmp_path / "a" / "note.txt").write_text("mine")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["note.txt"]


def test_many_threads_of_a_process_share_it(tmp_path):
    seen = []

    def work():
        for _ in range(50):
            with FolderLock(tmp_path):
                seen.append((tmp_path / ".lock").exists())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [True] * 200 and not (tmp_path / ".lock").exists()


FORK = """
import os, signal, sys
from hypermask_tf.training import FolderInUseError, FolderLock
folder = sys.argv[1]
with FolderLock(folder):
    child = os.fork()
    if not child:
        try:
            FolderLock(folder).acquire()
        except FolderInUseError:
            print("the child was refused", flush=True)
            signal.pause()
        os._exit(1)
    while not os.fstat(1).st_size:
        pass
with FolderLock(folder):
    print("the child has nothing", os.waitpid(child, os.WNOHANG))
os.kill(child, signal.SIGKILL)
print(os.listdir(folder))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_neither_has_it_nor_keeps_it(tmp_path):
    (tmp_path / "x").mkdir()
    done = forked("-c", FORK, tmp_path / "x")
    assert done.stdout.splitlines() == [
        "the child was refused",
        "the child has nothing (0, 0)",
        "[]",
    ]


def test_without_locks_of_the_file_system_a_warning_says_so(tmp_path, monkeypatch):
    def refuse(descriptor):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("hypermask_tf.training.file_lock._lock", refuse)
    with pytest.warns(UserWarning, match="cannot be locked"), FolderLock(tmp_path):
        pass


def test_the_lock_is_held_from_restore_until_learn_has_ended(tmp_path):
    run = RunFolder.create(tmp_path / "run")
    run.write_manifest({})
    sequence = _sequence(run)
    sequence.restore()
    assert (run.path / ".lock").exists()
    seen = []
    sequence.learn(lambda task, matrix: seen.append((run.path / ".lock").exists()))
    assert seen == [True, True]
    assert not (run.path / ".lock").exists()


def test_a_restore_that_fails_holds_nothing(tmp_path):
    run = RunFolder.create(tmp_path / "run")
    run.write_manifest({})
    run.checkpoints.save(Position(1), interrupted.learner(3), {})
    with pytest.raises(ValueError, match="cannot lose tasks"):
        interrupted.sequence(run).restore()
    assert not (run.path / ".lock").exists()
