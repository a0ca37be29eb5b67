import sys
from types import SimpleNamespace

import pytest
from absl import flags

from hypermask_tf.cli import command, export_tflite
from hypermask_tf.export.preparation import checked_tasks
from hypermask_tf.export.quantize.recipe import QUANTIZATIONS
from hypermask_tf.export.report import ExportReport, FailedFile
from hypermask_tf.export.task_files import Rejection
from hypermask_tf.export.variant import VariantOptions
from tests.commands import ROOT, forked

COMMAND = ROOT / "export" / "export_tflite.py"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--run_dir=runs/x"),
        (["--run_dir=nowhere"], "nowhere, which is not a folder"),
        (["--run_dir=.", "--tasks=a"], "--tasks=0,3"),
        (["--run_dir=.", "--quantization=int3"], "int3"),
        (["--run_dir=.", "--max_accuracy_drop=-1"], "max_accuracy_drop"),
        (["--run_dir=.", "--no_such_flag"], "no_such_flag"),
        (["--run_dir=.", "stray"], "stray"),
    ],
)
def test_mistakes_give_status_2_and_one_line(tmp_path, arguments, words):
    result = forked(COMMAND, *arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert words in result.stderr and result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_help_names_the_flags(tmp_path):
    result = forked(COMMAND, "--help", cwd=tmp_path)
    assert "--max_accuracy_drop" in result.stdout


@pytest.fixture
def call_main(monkeypatch, tmp_path):
    """Calls `main` on a run whose export is replaced by a given function."""
    folder = SimpleNamespace(open=lambda path: SimpleNamespace(path=path))
    monkeypatch.setitem(
        sys.modules, "hypermask_tf.training", SimpleNamespace(RunFolder=folder)
    )

    def call(export_run, *arguments):
        monkeypatch.setattr(export_tflite, "export_run", export_run)
        flags.FLAGS.unparse_flags()
        flags.FLAGS(["export_tflite", f"--run_dir={tmp_path}", *arguments])
        monkeypatch.setattr(sys, "argv", ["export_tflite"])
        return command.guard(export_tflite.main)(["export_tflite"])

    yield call
    flags.FLAGS.unparse_flags()


def test_flags_reach_the_export(call_main):
    seen = []

    def export_run(run, options, on_step):
        seen.append(options)
        return ExportReport(())

    arguments = ["--quantization=int4,float32", "--tasks=0,3", "--overwrite"]
    arguments += ["--data_dir=d", "--integer_io", "--nosparse", "--workers=3"]
    arguments += ["--baseline", "--nolatency", "--drift_against=old", "--nocompact"]
    assert call_main(export_run, *arguments, "--max_accuracy_drop=1") == 0
    (options,) = seen
    assert options.quantizations == ("float32", "int4")
    assert options.tasks == (0, 3) and options.overwrite and not options.compact
    assert options.data_dir == "d" and options.workers == 3
    assert options.variant == VariantOptions(0.01, integer_io=True, sparse=False)
    assert options.baseline and not options.latency
    assert options.drift_against == "old" and options.budget_bytes is None


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ("float32",)),
        (["--quantization=all"], QUANTIZATIONS),
        (["--budget_kb=20"], QUANTIZATIONS),
        (["--budget_kb=20", "--quantization=int8"], ("int8",)),
    ],
)
def test_a_budget_tries_everything_unless_told(call_main, arguments, expected):
    seen = []

    def export_run(run, options, on_step):
        seen.append(options)
        return ExportReport(())

    assert call_main(export_run, *arguments) == 0
    assert seen[0].quantizations == expected
    assert seen[0].budget_bytes == (20_000 if "--budget_kb=20" in arguments else None)


def test_a_fallback_is_said_and_is_no_failure(call_main, capsys):
    rejected = (Rejection(0, "int4", ("lost too much",), "mixed"),)
    report = ExportReport((), (), (), rejected)
    assert call_main(lambda *arguments: report) == 0
    assert "int4 is not good enough (lost too much), mixed" in capsys.readouterr().err


def test_a_failed_file_gives_status_1_and_its_line(call_main, capsys):
    failures = (FailedFile("task_00.tflite", ("bad", "worse")),)
    report = ExportReport((), (), failures)
    assert call_main(lambda *arguments: report) == 1
    assert capsys.readouterr().err == "export_tflite: task_00.tflite: bad; worse\n"


@pytest.mark.parametrize("kind", [FileNotFoundError, FileExistsError])
def test_a_mistake_in_the_run_gives_status_2(call_main, capsys, kind):
    def export_run(*arguments):
        raise kind("Expected a good run.\nReceived: a bad one")

    assert call_main(export_run) == 2
    error = capsys.readouterr().err
    assert error == "export_tflite: Expected a good run. Received: a bad one\n"


def test_an_error_that_is_raised_for_the_user_gives_status_2(call_main, capsys):
    assert call_main(lambda *arguments: checked_tasks(None, ())) == 2
    error = capsys.readouterr().err
    assert error.startswith("export_tflite: Expected a run with at least one learned")
    assert error.count("\n") == 1
