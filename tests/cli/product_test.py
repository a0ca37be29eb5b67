"""The life of a product, as commands on a run."""

import json
import shutil

import keras
import pytest

from tests.commands import forked
from tests.product.makers import everything
from tests.scenarios.own.makers import table

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="runs on the default backend"
)
FEW = ("--steps_per_task=20", "--epoch_steps=20", "--nojit_compile", "--hidden=8,8")


def command(script, run, *flags, status=0):
    done = forked(script, f"--run_dir={run}", *flags)
    assert done.returncode == status, done.stderr
    return done


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder with data, and an exported run that has learned two clinics."""
    root = tmp_path_factory.mktemp("product")
    frame = table(120)
    frame.to_csv(root / "visits.csv", index=False)
    north = frame[frame.clinic == "north"].drop(columns="clinic")
    for name in ("west", "north", "1"):
        north.to_csv(root / f"{name}.csv", index=False)
    columns = ("--label_column=well", "--task_column=clinic")
    data = f"--data={root / 'visits.csv'}"
    command("apps/train.py", root / "run", data, *columns, *FEW)
    flags = ("--nolatency", "--workers=1", "--max_accuracy_drop=100", "--one_file")
    command("export/export_tflite.py", root / "run", *flags)
    return root


@pytest.fixture
def run(finished, tmp_path):
    return shutil.copytree(finished / "run", tmp_path / "run")


def learn(script, run, data, *flags, status=0):
    given = ("--nolatency", "--max_accuracy_drop=100", *flags)
    return command(script, run, f"--data={data}", *given, status=status)


def listed(run):
    return json.loads(command("apps/status.py", run, "--json").stdout)


def files(run):
    return {path.name: path.read_bytes() for path in (run / "export").glob("task_*")}


def signatures(run):
    beside = json.loads((run / "export" / "all_tasks.json").read_text())
    return [task["signature"] for task in beside["tasks"]]


def test_a_life(finished, run, tmp_path):
    bundle = f"--bundle={tmp_path / 'edge.hmb'}"
    older = files(run)
    done = learn("apps/add.py", run, finished / "west.csv", bundle)
    assert "2 files of other tasks are as they were" in done.stdout
    assert "all_tasks.tflite was made again" in " ".join(done.stdout.split())
    assert older.items() < files(run).items()
    done = learn("apps/update.py", run, finished / "north.csv", bundle)
    assert "over the air" in " ".join(done.stdout.split())
    assert older.items() < files(run).items()
    known = {(e["task"], e["version"]): e for e in listed(run)}
    assert known.keys() == {("north", 1), ("south", 1), ("west", 1), ("north", 2)}
    assert [key for key, e in known.items() if not e["in_use"]] == [("north", 1)]
    sidecar = json.loads((run / "export" / "task_03.json").read_text())
    assert sidecar["task"] == {"index": 3, "name": "north", "version": 2}
    assert signatures(run) == ["north", "south", "west", "north@2"]
    done = command("apps/rollback.py", run, "--task=north")
    assert "version 1 of north, which is task 0" in done.stdout
    done = command("apps/forget.py", run, "--task=north@2", bundle)
    assert "all_tasks.tflite was made again, of 3 tasks" in done.stdout
    assert signatures(run) == ["north", "south", "west"]
    assert [(e["task"], e["in_use"]) for e in listed(run)] == [
        ("north", True),
        ("south", True),
        ("west", True),
    ]
    assert older.items() < files(run).items()
    contents = command_on_bundle(tmp_path / "edge.hmb")
    assert contents == ["task_00.tflite", "task_01.tflite", "task_02.tflite"]
    assert "all_tasks.tflite" in command("export/verify.py", run).stdout
    assert "forgotten" in command("apps/status.py", run).stdout


def command_on_bundle(bundle):
    done = forked("export/bundle.py", "list", bundle, "--json")
    return [entry["file"] for entry in json.loads(done.stdout)]


def test_what_went_wrong_leaves_the_choice(finished, run):
    before = everything(_Run(run))
    sidecar = run / "export" / "task_01.json"
    other = json.loads(sidecar.read_text()) | {"model_version": "0123"}
    sidecar.write_text(json.dumps(other))  # the file is of another network
    done = learn("apps/add.py", run, finished / "west.csv", status=1)
    assert "['south']" in done.stderr and "hypermask undo" in done.stderr
    done = command("apps/forget.py", run, "--task=north", status=2)
    assert "west is" in done.stderr and "--resume" in done.stderr
    other = shutil.copytree(run, run.parent / "other")
    (other / "export" / "task_01.json").write_bytes(before["export/task_01.json"])
    # With what was asked for then.
    done = command("apps/add.py", other, "--resume")
    assert "2 files of other tasks are as they were" in done.stdout
    sidecar = json.loads((other / "export" / "task_02.json").read_text())
    assert sidecar["latency"] is None
    command("apps/undo.py", run)
    (run / "export" / "task_01.json").write_bytes(before["export/task_01.json"])
    after = everything(_Run(run))
    changed = ("plots", "results", "export/report", "export/all_tasks.json")
    for name in before.keys() | after.keys():
        if not name.startswith(changed):
            assert before.get(name) == after.get(name), name


class _Run:
    def __init__(self, path):
        self.path = path


@pytest.mark.parametrize(
    ("script", "flags", "told"),
    [
        ("add", ("--data={root}/north.csv",), "'north', which a task has"),
        ("add", (), "no --data"),
        ("add", ("--data={root}/gone",), "no {root}/gone"),
        ("add", ("--resume",), "nothing of it is left to do"),
        ("update", ("--data={root}/west.csv",), "'north', 'south'"),
        ("update", ("--data={root}/1.csv",), "Received: 'task 1'"),
        ("forget", ("--task=west",), "'north', 'south'"),
        ("forget", ("--task=north", "--bundle={root}/gone"), "no {root}/gone"),
        ("rollback", ("--task=north",), "an earlier one"),
        ("undo", (), "where all is done"),
    ],
)
def test_a_mistake_is_told_in_one_line(finished, run, script, flags, told):
    before = everything(_Run(run))
    given = [flag.format(root=finished) for flag in flags]
    done = command(f"apps/{script}.py", run, *given, status=2)
    assert told.format(root=finished) in done.stderr
    assert done.stderr.count("\n") == 1
    assert everything(_Run(run)) == before


def test_a_run_that_cannot_go_on_is_left_as_it_was(finished, run):
    flags = run / "flags.txt"
    flags.write_text(flags.read_text() + "--hidden=8,8,8\n")
    before = everything(_Run(run))
    done = command("apps/add.py", run, f"--data={finished / 'west.csv'}", status=2)
    assert "(8). Received: 6 flags" in done.stderr  # layers are missing
    assert everything(_Run(run)) == before


def test_a_network_that_cannot_grow_learns_with_what_is_free(finished, tmp_path):
    data = f"--data={finished / 'visits.csv'}"
    columns = ("--label_column=well", "--task_column=clinic")
    target = f"--target={tmp_path / 'mine'}.keras"
    done = forked("-c", NORMALIZED, tmp_path / "mine.keras")
    assert done.returncode == 0, done.stderr
    command("apps/train.py", tmp_path / "run", data, *columns, *FEW[:3], target)
    done = learn("apps/add.py", tmp_path / "run", finished / "west.csv")
    assert "cannot grow" in done.stderr and "Traceback" not in done.stderr
    assert listed(tmp_path / "run")[2]["task"] == "west"


# New units would count in the statistics of earlier tasks.
NORMALIZED = """
import sys, keras
dense = keras.layers.Dense
layers = [keras.Input((5,)), dense(8, "relu"), keras.layers.LayerNormalization()]
keras.Sequential([*layers, dense(2)]).save(sys.argv[1])
"""
