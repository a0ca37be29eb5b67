"""Which flags a run goes on with, and which logs."""

import copy
import json
import pathlib
import shutil

import pytest
from absl import flags

from hypermask_tf.cli import task_logs
from hypermask_tf.cli.manifest import differences
from hypermask_tf.cli.runs import read_run
from hypermask_tf.training import Position, RunFolder

# What training defines, and what all commands do.
_OWN = ("hypermask_tf.cli.train_flags", "hypermask_tf.cli.command")
_GOLDEN = pathlib.Path(__file__).parents[1] / "data" / "golden_run" / "run"


@pytest.fixture(scope="module")
def resume():
    """`cli.resume`, with the flags of training and none of other commands."""
    others, own = flags.FlagValues(), flags.FlagValues()
    for module, defined in flags.FLAGS.flags_by_module_dict().items():
        if module.startswith("hypermask_tf.cli.") and not module.startswith(_OWN):
            for flag in defined:
                others[flag.name] = flag
    flags.FLAGS.remove_flag_values(others)
    before = set(flags.FLAGS)
    from hypermask_tf.cli import resume

    for name in set(flags.FLAGS) - before:
        own[name] = flags.FLAGS[name]
    yield resume
    flags.FLAGS.remove_flag_values(own)
    flags.FLAGS.append_flag_values(others)


@pytest.fixture
def run(tmp_path):
    return RunFolder.open(shutil.copytree(_GOLDEN, tmp_path / "run"))


def _values(run, *arguments):
    values = copy.deepcopy(flags.FLAGS)
    values(["train", "--resume", f"--run_dir={run.path}", *arguments])
    return values


def test_the_choices_of_the_run_come_back(resume, run):
    values = _values(run)
    assert values["hidden"].value == ["400", "400"]
    resume.reopen(values)
    assert values["hidden"].value == ["16"]
    assert values["steps_per_task"].value == 40
    assert values["jit_compile"].value is False
    # It was no flag then, and has another default since.
    assert "mask_scale" not in run.flags()
    assert values["mask_scale"].value == ["1"]
    assert values["resume"].value is True


def test_the_same_again_and_what_is_harmless_are_welcome(resume, run, tmp_path):
    values = _values(
        run,
        "--learning_rate=0.010",
        "--hidden=16",
        "--checkpoint_minutes=3",
        "--verbose",
        f"--data_dir={tmp_path}",
    )
    resume.reopen(values)
    assert values["checkpoint_minutes"].value == 3
    assert values["verbose"].value is True
    assert values["data_dir"].value == str(tmp_path)


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--seed=7", "--seed contradicts the run: it has 1. Received: 7"),
        ("--jit_compile", "--jit_compile contradicts"),
        ("--class_seed=3", "it has its default. Received: 3"),
        ("--num_tasks=3", "--num_tasks contradicts"),
        # This run is from before there was such a flag.
        ("--mask_scale=width", "--mask_scale contradicts the run: it has 1. "),
    ],
)
def test_what_contradicts_the_run_is_refused(resume, run, argument, message):
    with pytest.raises(ValueError, match=message):
        resume.reopen(_values(run, argument))


@pytest.mark.parametrize("argument", ["--overwrite", "--noresume"])
def test_flags_that_exclude_each_other(resume, run, argument):
    with pytest.raises(flags.IllegalFlagValueError):
        _values(run, argument, "--extend_tasks=1")


def test_a_finished_run_gets_more_tasks(resume, run):
    values = _values(run, "--extend_tasks=3")
    resume.reopen(values)
    assert values["num_tasks"].value == 5
    run.checkpoints.remove_after(Position(1))
    with pytest.raises(ValueError, match=r"1 of 2 tasks learned\. Finish"):
        resume.reopen(_values(run, "--extend_tasks=3"))


def test_a_run_that_never_began_says_so(resume, run):
    (run.path / "flags.txt").unlink()
    with pytest.raises(FileNotFoundError, match="Start it anew with --overwrite"):
        resume.reopen(_values(run))


def test_other_data_are_refused_and_versions_written_down(resume, run, capsys):
    now = json.loads(json.dumps(run.manifest()))
    now["versions"]["keras"] = "9.9"
    resume.check_and_record(run, now, flags.FLAGS)
    assert "keras" in capsys.readouterr().err
    assert run.manifest()["resumed"][0]["versions"]["keras"] == "9.9"
    assert run.manifest()["versions"]["keras"] != "9.9"
    now["scenario"]["tasks"][1]["train"] += 1
    with pytest.raises(ValueError, match="task 1 of split_digits differs"):
        resume.check_and_record(run, now, flags.FLAGS)
    assert differences(now, now) == []


def test_logs_are_cut_back_to_where_the_run_goes_on(run):
    run.logs_dir.mkdir()
    rows = "epoch,loss\n0,3\n1,2\n2,1\n"
    for task in range(3):
        (run.logs_dir / f"task_{task:02d}.csv").write_text(rows + "3,0.")
    task_logs.cut_back(run, Position(1, 2))
    assert (run.logs_dir / "task_00.csv").read_text() == rows + "3,0."
    assert (run.logs_dir / "task_01.csv").read_text() == "epoch,loss\n0,3\n1,2\n"
    assert not (run.logs_dir / "task_02.csv").exists()
    task_logs.cut_back(run, Position(1))
    assert not (run.logs_dir / "task_01.csv").exists()


def test_how_often_a_run_is_saved_makes_no_other_experiment(run):
    before = read_run(run.path).settings
    with open(run.path / "flags.txt", "a", encoding="utf-8") as file:
        file.write("--checkpoint_epochs=5\n--tensorboard\n")
    assert read_run(run.path).settings == before
