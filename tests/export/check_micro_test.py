import subprocess
import sys
from pathlib import Path

import pytest

from hypermask_tf.cli.check_micro import chosen

ROOT = Path(__file__).resolve().parents[2]


def _call(*arguments, cwd):
    return subprocess.run(
        [sys.executable, str(ROOT / "export" / "check_micro.py"), *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--run_dir=runs/x"),
        (["--run_dir=.", "--examples=-1"], "examples"),
        (["--run_dir=.", "stray"], "stray"),
    ],
)
def test_mistakes_give_status_2_and_one_line(tmp_path, arguments, words):
    result = _call(*arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert words in result.stderr and result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_a_missing_interpreter_is_told_with_the_command(monkeypatch):
    from hypermask_tf.export.micro.run import micro_runtime

    monkeypatch.setitem(sys.modules, "tflite_micro", None)
    with pytest.raises(ImportError, match=r"pip install -r requirements-micro\.txt"):
        micro_runtime()


ENTRIES = [
    {"file": "a", "quantization": "float32"},
    {"file": "b", "quantization": "float32", "sparse": True},
    {"file": "c", "quantization": "int8", "sparse": False},
    {"file": "d", "quantization": "dynamic_int8"},
]


def test_by_default_what_micro_can_run_is_chosen():
    assert [entry["file"] for entry in chosen(ENTRIES, None)] == ["a", "c"]
    named = chosen(ENTRIES, ["float32", "dynamic_int8"])
    assert [entry["file"] for entry in named] == ["a", "b", "d"]


@pytest.mark.parametrize(
    ("entries", "kinds", "words"),
    [
        (ENTRIES, ["float32", "int4"], "kind int4. Received: dynamic_int8, float32"),
        (ENTRIES[3:], None, "kind float32, int8. Received: dynamic_int8"),
        ([], None, "Received: no files"),
    ],
)
def test_nothing_to_run_is_a_mistake(entries, kinds, words):
    with pytest.raises(FileNotFoundError, match=words):
        chosen(entries, kinds)
