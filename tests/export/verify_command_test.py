"""Exported files are run again, and what fell, changed or went is found."""

import json
from types import SimpleNamespace

import pytest
from absl import flags

from hypermask_tf.cli import command, verify
from hypermask_tf.export.export_options import ExportOptions
from hypermask_tf.export.exporter import export_run
from hypermask_tf.export.variant import VariantOptions
from tests.commands import forked

OPTIONS = ExportOptions(
    quantizations=("float32", "dynamic_int8"),
    variant=VariantOptions(max_accuracy_drop=0.1),
    latency=False,
    workers=1,
)
FILES = [
    f"task_0{task}{kind}.tflite" for task in (0, 1) for kind in ("", ".dynamic_int8")
]


def _problems(run, scenario=None, drop=0.0):
    listed = json.loads((run.export_dir / "report.json").read_text())["files"]
    scenario = scenario or run.load_scenario()
    found = verify.check_files(run.export_dir, listed, scenario, drop)
    return {result.file: result.problem for result in found}


@pytest.fixture
def call_main(fake_run, monkeypatch, capsys):
    """Calls the command on a run; gives its status, and what it printed."""
    opened = SimpleNamespace(open=lambda path: fake_run)
    monkeypatch.setattr("hypermask_tf.training.RunFolder", opened)
    values = {"run_dir": str(fake_run.path), "data_dir": None, "max_accuracy_drop": 0.0}
    values["max_mae_rise"] = 0.0
    monkeypatch.setattr(flags, "FLAGS", SimpleNamespace(**values))
    return lambda: (verify.main(["verify"]), capsys.readouterr())


def test_what_fell_or_changed_or_went_is_named(fake_run, call_main):
    exported = fake_run
    assert export_run(exported, OPTIONS).passed
    status, said = call_main()
    assert status == 0 and all(file in said.out for file in FILES)
    assert _problems(exported) == dict.fromkeys(FILES, "")
    # Five of fifty examples of the second task are of another class now.
    scenario = exported.load_scenario()
    x, y = scenario.tasks[1].test
    y = y.copy()
    y[:5] = (y[:5] + 1) % 3
    scenario.tasks[1].test = (x, y)
    fell = _problems(exported, scenario)
    assert [fell[file][:8] for file in FILES] == ["", "", "accuracy", "accuracy"]
    assert "from 1.0000 to 0.9000" in fell[FILES[2]]
    assert not any(_problems(exported, scenario, drop=0.15).values())
    changed = exported.export_dir / FILES[0]
    content = bytearray(changed.read_bytes())
    content[-1] ^= 1
    changed.write_bytes(content)
    (exported.export_dir / FILES[3]).unlink()
    problems = _problems(exported)
    assert "not those that were verified" in problems[FILES[0]]
    assert problems[FILES[3]] == "it is missing"
    assert not problems[FILES[1]] and not problems[FILES[2]]
    status, said = call_main()
    assert status == command.FAILED
    assert "FAILED" in said.out and f"{FILES[3]}: it is missing" in said.err


def test_a_run_without_files_is_a_mistake(tmp_path):
    done = forked("hypermask.py", "verify", f"--run_dir={tmp_path}")
    assert done.returncode == 2 and done.stderr.count("\n") == 1
