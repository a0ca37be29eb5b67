import json
import subprocess
import sys
from pathlib import Path

import pytest

from hypermask_tf.cli import bundle as command

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def call(capsys):
    """Runs the command; gives its exit status and what it printed."""

    def run(*arguments):
        try:
            status = command.run([str(argument) for argument in arguments])
        except SystemExit as error:
            status = error.code
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


@pytest.fixture
def run(small, ten_tasks, tmp_path):
    small.save(ten_tasks[:4], tmp_path / "run" / "export")
    return tmp_path / "run"


def test_a_bundle_through_its_life(call, run, small, ten_tasks, tmp_path):
    edge, old = tmp_path / "made" / "edge.hmb", tmp_path / "old.hmb"
    status, out, _ = call("create", edge, run, "--pattern", "task_0[0-2].tflite")
    assert status == 0 and "task_02.tflite" in out and "3 files" in out
    old.write_bytes(edge.read_bytes())
    status, out, _ = call("add", edge, run)
    assert status == 0 and "task_00.tflite was in" in out and "4 files" in out
    assert [out.count(f"task_0{i}.tflite") for i in range(4)] == [1, 1, 1, 1]
    assert "task_03.tflite was in" not in out
    assert call("verify", edge)[0] == 0
    status, out, _ = call("list", edge, "--json")
    assert [entry["file"] for entry in json.loads(out)] == [
        source.file for source in ten_tasks[:4]
    ]
    assert "all in one zstd stream" in call("sizes", edge)[1]
    update = tmp_path / "edge.hmu"
    status, out, _ = call("diff", old, edge, "--output", update)
    assert status == 0 and f"{update.stat().st_size:,} bytes" in out
    assert call("apply", old, update)[0] == 0
    assert old.read_bytes() == edge.read_bytes()
    status, _, err = call("apply", old, update)
    assert status == 1 and "already applied" in err and err.count("\n") == 1
    status, out, _ = call("extract", edge, "--output", tmp_path / "o")
    assert status == 0 and "8 files" in out
    for path in (run / "export").iterdir():
        assert path.read_bytes() == (tmp_path / "o" / path.name).read_bytes()


def test_an_update_between_two_runs(call, run, small, ten_tasks, tmp_path):
    newer = small.save(ten_tasks[:6], tmp_path / "newer")
    update = tmp_path / "u.hmu"
    assert call("diff", run, newer, "--output", update)[0] == 0
    assert call("create", tmp_path / "a.hmb", run)[0] == 0
    assert call("create", tmp_path / "b.hmb", newer)[0] == 0
    output = ("--output", tmp_path / "c.hmb")
    assert call("apply", tmp_path / "a.hmb", update, *output)[0] == 0
    assert (tmp_path / "c.hmb").read_bytes() == (tmp_path / "b.hmb").read_bytes()
    status, _, err = call("apply", tmp_path / "a.hmb", update, *output)
    assert status == 2 and "--overwrite" in err


def test_mistakes_give_status_2_and_one_line(call, run, tmp_path):
    edge = tmp_path / "edge.hmb"
    assert call("create", edge, run)[0] == 0
    for arguments, words in (
        ([], "required: COMMAND"),
        (["pack"], "invalid choice: 'pack'"),
        (["create", edge], "required: input"),
        (["create", edge, run], "--overwrite"),
        (["create", tmp_path / "b", tmp_path / "no"], "Expected a run"),
        (["create", tmp_path / "b", run, "--pattern=*.int2"], "Expected files like"),
        (["add", tmp_path / "none", run], "No such file"),
        (["verify", tmp_path], "Is a directory"),
        (["extract", edge, "--output", tmp_path / "o", "--file=x"], "Received: 'x'"),
    ):
        status, out, err = call(*arguments)
        assert (status, out) == (2, ""), arguments
        assert words in err and err.count("\n") == 1
    assert not (tmp_path / "b").exists() and not (tmp_path / "o").exists()


def test_bad_files_give_status_1_and_one_line(call, run, tmp_path):
    edge = tmp_path / "edge.hmb"
    assert call("create", edge, run)[0] == 0
    assert call("diff", edge, edge, "--output", tmp_path / "u.hmu")[0] == 0
    content = edge.read_bytes()
    edge.write_bytes(content[:99] + bytes([content[99] ^ 1]) + content[100:])
    for arguments in (
        ["verify", edge],
        ["verify", run / "export" / "task_00.tflite"],
        ["extract", edge, "--output", tmp_path / "o"],
        ["apply", edge, tmp_path / "u.hmu"],
    ):
        status, out, err = call(*arguments)
        assert (status, out) == (1, ""), arguments
        assert err.startswith(sys.argv[0].split("/")[-1].split(".")[0])
        assert err.count("\n") == 1
    assert not (tmp_path / "o").exists()
    with pytest.raises(ValueError, match="Bad CRC-32"):
        call("--debug", "verify", edge)


def test_started_as_a_file_from_anywhere(tmp_path):
    result = subprocess.run(
        [sys.executable, str(ROOT / "export" / "bundle.py"), "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0
    for name in "create add list sizes verify extract diff apply".split():
        assert f"\n    {name} " in result.stdout
