"""What docs/product.md says works from a clean folder."""

import re
import shlex

import keras
import pytest

import hypermask
from tests.commands import ROOT, forked

TEXT = (ROOT / "docs" / "product.md").read_text("utf-8")
FEW = ["--steps_per_task=40", "--epoch_steps=20", "--nojit_compile"]
pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="runs on the default backend"
)


def test_every_command_of_the_table_is_one():
    named = set(re.findall(r"^\| `hypermask ([a-z-]+)", TEXT, re.MULTILINE))
    assert {"add", "update", "undo"} < named <= set(hypermask.COMMANDS)


@pytest.mark.slow
def test_the_example(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    exec(compile(code, "docs/product.md", "exec"), {})
    (script,) = re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    printed = {}
    for line in script.splitlines():
        _, name, *arguments = shlex.split(line)
        extra = FEW if name == "train" else []
        if name in ("export", "add", "update"):
            extra = ["--max_accuracy_drop=100", "--nolatency"]
        called = [ROOT / "hypermask.py", name, *arguments, *extra]
        done = forked(*called, cwd=tmp_path)
        assert done.returncode == 0, (line, done.stderr)
        printed[name] = " ".join(done.stdout.split())
    assert "over the air" in printed["update"]
    assert "task_03.int8.tflite" in printed["verify"]
    assert "task_01" not in printed["verify"]
