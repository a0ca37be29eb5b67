"""Two commands on one folder at the same time."""

import os
import shutil
import signal
import time

import keras
import pytest

from hypermask_tf.training import FolderLock, RunFolder
from tests.cli.killed import TINY, start, train
from tests.commands import PROCESSES, ROOT, forked

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="runs on the default backend"
)


@pytest.fixture
def halted(tmp_path):
    """A run whose process stands still after its first task; and that process."""
    folder, output = tmp_path / "run", tmp_path / "first.txt"
    arguments = (*TINY, "--num_tasks=2", f"--run_dir={folder}")
    process = start(*arguments, output=output, at=60, send=signal.SIGSTOP)
    until = time.monotonic() + 300
    while not (folder / "results.json").is_file():
        assert process.is_alive() and time.monotonic() < until, output.read_text()
        time.sleep(0.1)
    yield folder, process
    process.kill()
    process.join(60)


def test_a_run_has_one_writer_and_many_readers(halted, tmp_path):
    folder, process = halted
    output = tmp_path / "second.txt"
    before = (folder / "manifest.json").read_bytes()
    for choice in ("--resume", "--overwrite"):
        assert train(f"--run_dir={folder}", choice, output=output) == 2
        text = output.read_text()
        assert f"in use by process {process.pid} on " in text, text
        # One line for the user, and one of what counts moments.
        assert text.startswith("train: ") and text.count("\n") == 2
    assert (folder / "manifest.json").read_bytes() == before
    run = RunFolder.open(folder)
    assert run.load_model().num_learned_tasks == 1
    done = forked("apps/report.py", f"--runs={folder}")
    assert done.returncode == 0 and "1 of 2" in done.stdout
    dry = (f"--run_dir={folder}", "--resume", "--dry_run")
    assert train(*dry, output=output) == 0, output.read_text()
    os.kill(process.pid, signal.SIGCONT)
    process.join(300)
    assert process.exitcode == 0
    assert train(f"--run_dir={folder}", "--resume", output=output) == 0
    assert "nothing is left" in output.read_text()
    assert not (folder / ".lock").exists()


def _hold(folder, pipe):
    with FolderLock(folder):
        pipe.send("held")
        pipe.recv()


@pytest.fixture
def hold():
    """Has another process hold the locks of folders until the end of the test."""
    begun = []

    def begin(folder):
        pipe, far = PROCESSES.Pipe()
        process = PROCESSES.Process(target=_hold, args=(str(folder), far))
        process.start()
        begun.append((process, pipe))
        assert pipe.poll(60) and pipe.recv() == "held"

    yield begin
    for process, _ in begun:
        process.kill()
        process.join(60)


def test_a_sweep_has_one_writer(hold, tmp_path):
    hold(tmp_path / "sweep")
    done = forked(
        *("apps/sweep.py", "--grid=sparsity=80|90", "--nomeasure_unseen"),
        *(f"--sweep_dir={tmp_path / 'sweep'}", *TINY),
    )
    assert done.returncode == 2
    assert "sweep: " in done.stderr and "in use by process" in done.stderr
    assert [path.name for path in (tmp_path / "sweep").iterdir()] == [".lock"]


@pytest.mark.parametrize("command", ["export_tflite", "export_router"])
def test_an_export_folder_has_one_writer(hold, tmp_path, command):
    run = tmp_path / "run"
    golden = ROOT / "tests" / "data" / "golden_run" / "run"
    shutil.copytree(golden, run)
    hold(run / "export")
    done = forked(f"export/{command}.py", f"--run_dir={run}")
    assert done.returncode == 2, done.stderr
    assert f"{command}: " in done.stderr and "in use by process" in done.stderr
    assert [path.name for path in (run / "export").iterdir()] == [".lock"]
