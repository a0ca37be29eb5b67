"""What forks and what starts afresh are the same to a user."""

import os
import signal
import subprocess

import keras
import pytest

from tests.commands import forked, fresh

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="runs on the default backend"
)
SEEN = (
    "import os, sys; print(sys.argv, os.getcwd(), os.environ['MARK'], __name__);"
    "print(sorted({'apps', 'keras', 'tensorflow'} & set(vars())));"
    "print('told', file=sys.stderr); os.write(2, b'from below')\n"
)


def _both(*command, **options):
    done = [run(*command, **options) for run in (fresh, forked)]
    assert done[0].stdout == done[1].stdout
    assert done[0].stderr == done[1].stderr
    assert done[0].returncode == done[1].returncode
    return done[1]


@pytest.mark.parametrize(
    ("end", "status"),
    [("", 0), ("sys.exit(3)", 3), ("sys.exit('so')", 1), ("raise KeyError(1)", 1)],
)
def test_code_sees_and_says_the_same(end, status, tmp_path):
    done = _both("-c", SEEN + end, "a b", "--c=1", cwd=tmp_path, MARK="x")
    assert done.returncode == status
    assert done.stdout.startswith(f"['-c', 'a b', '--c=1'] {tmp_path} x __main__\n[]\n")
    assert "told\nfrom below" in done.stderr


def test_a_command_tells_the_same_mistake():
    done = _both("apps/train.py", "--run_dir=x", "--sparsity=120")
    assert done.returncode == 2 and done.stderr.startswith("train: ")


def test_a_signal_is_told_from_a_status():
    done = forked("-c", "import os; os.kill(os.getpid(), 15)")
    assert done.returncode == -signal.SIGTERM


def test_one_that_takes_too_long_is_ended(tmp_path):
    code = (
        "import os, pathlib, time\n"
        "pathlib.Path('pid').write_text(str(os.getpid())); time.sleep(99)"
    )
    with pytest.raises(subprocess.TimeoutExpired):
        forked("-c", code, timeout=5, cwd=tmp_path)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_nothing_was_computed_before():
    """TensorFlow has neither a device nor a thread yet, so devices can still be set."""
    code = (
        "import threading, tensorflow as tf;"
        "cpu = tf.config.list_physical_devices('CPU')"
        "[0]; one = tf.config.LogicalDeviceConfiguration();"
        "tf.config.set_logical_device_configuration(cpu, [one, one]);"
        "print(threading.active_count(), len(tf.config.list_logical_devices('CPU')))"
    )
    assert forked("-c", code).stdout == "1 2\n"
