"""What docs/data.md says works from a clean folder."""

import pathlib
import re
import shlex
import shutil
import subprocess

import keras
import pytest

from tests.commands import ROOT, forked

DOCUMENT = ROOT / "docs" / "data.md"
WATCH = ROOT.parent / "shared" / "data" / "watch"
pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="runs on the default backend"
)


def section(title):
    """The Python code of a section, and its call of `hypermask train`."""
    text = (
        DOCUMENT.read_text("utf-8").partition(f"## {title}\n")[2].partition("\n## ")[0]
    )
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    (call,) = re.findall(r"^hypermask train (.*)$", text, re.MULTILINE)
    return code, shlex.split(call)


def prepared(title, folder):
    code, call = section(title)
    if title == "Your sensor":
        if not WATCH.is_dir():
            pytest.skip(f"no recordings in {WATCH}")
        (folder / "watch").symlink_to(WATCH)
    if title == "Your words":
        if shutil.which("espeak-ng") is None:
            pytest.skip("espeak-ng is not installed")
        text = DOCUMENT.read_text("utf-8").partition("## Your words")[2]
        script = text.partition("```sh\n")[2].partition("hypermask train")[0]
        pathlib.Path("speak.sh").write_text(script)
        subprocess.run(["bash", "speak.sh"], check=True)
    exec(compile(code, str(DOCUMENT), "exec"), {})
    return call


@pytest.mark.parametrize(
    ("title", "tasks"),
    [
        ("Your photos", ["even: 5 classes", "odd: 5 classes"]),
        ("Your sensor", ["person_01: 7 classes", "person_10: 7 classes"]),
        ("Your table", ["north: 2 classes", "south: 2 classes"]),
        ("Your numbers", ["older: a number (target)", "younger: a number (target)"]),
        pytest.param(
            "Your words",
            ["first: 4 classes"],
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_section_is_run_from_a_clean_folder(title, tasks, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    call = prepared(title, tmp_path)
    done = forked(ROOT / "apps" / "train.py", *call, "--dry_run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for task in tasks:
        assert task in done.stdout
