"""A fault of this project inside a command, as a user meets it."""

import keras
import pytest

from tests.commands import forked

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="runs on the default backend"
)
# Puts a fault where a command comes by, and starts the command.
BROKEN = """
import importlib, runpy, sys
place, fault, *sys.argv = sys.argv[1:]
module, *inner, name = place.split("|")
owner = importlib.import_module(module)
for part in inner:
    owner = getattr(owner, part)
setattr(owner, name, lambda *args, **kwargs: eval(fault))
runpy.run_path(sys.argv[0], run_name="__main__")
"""
FAULTS = {"TypeError": "len(3)", "ValueError": "int('x')", "KeyError": "{}['x']"}
COMMANDS = {
    "train": ("hypermask_tf.cli.build|build_scenario", "apps/train.py", "--run_dir={}"),
    "report": ("hypermask_tf.cli.runs|find_runs", "apps/report.py"),
    "export": (
        "hypermask_tf.training|RunFolder|open",
        *("export/export_tflite.py", "--run_dir={}"),
    ),
    "bundle": (
        "hypermask_tf.export.bundling.commands|verify",
        "export/bundle.py",
        "verify",
        "x",
    ),
}


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        *(("train", fault) for fault in FAULTS),
        *((command, "TypeError") for command in COMMANDS if command != "train"),
    ],
)
def test_a_fault_shows_its_traceback_and_gives_status_1(command, fault, tmp_path):
    place, *call = COMMANDS[command]
    call = [part.format(tmp_path) for part in call]
    done = forked("-c", BROKEN, place, FAULTS[fault], *call)
    assert done.returncode == 1
    assert "Traceback (most recent call last):" in done.stderr
    assert done.stderr.splitlines()[-1].startswith(f"{fault}: ")
