"""Commands on one's own data, from files to files."""

import json

import keras
import numpy as np
import pytest

from tests.commands import ROOT, forked
from tests.scenarios.own.makers import (
    picture_folder,
    recording_folder,
    sound_folder,
    table,
)

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="runs on the default backend"
)
TRAIN = "apps/train.py"
# Compiling takes longer than so few steps.
FEW = ("--steps_per_task=20", "--epoch_steps=20", "--nojit_compile", "--hidden=8,8")


def told(text):
    return json.loads(text.read_text("utf-8"))


@pytest.fixture(scope="module")
def visits(tmp_path_factory):
    """A run that was started where the data lay, by a relative path."""
    root = tmp_path_factory.mktemp("own")
    table().to_csv(root / "visits.csv", index=False)
    columns = ("--label_column=well", "--task_column=clinic")
    call = (ROOT / TRAIN, "--data=visits.csv", *columns, *FEW, "--run_dir=run")
    done = forked(*call, cwd=root)
    assert done.returncode == 0, done.stderr
    return root, done


def test_a_run_says_what_it_found_and_chose(visits):
    root, done = visits
    lines = done.stdout.splitlines()
    assert lines[0] == "data:visits: 2 tasks, samples (5,)"
    assert "north: 2 classes (no, yes); " in lines[1]
    for choice in ("protection=hard", "head=per_task", "target=mlp", "sparsity=50"):
        assert f"--{choice}" in lines[3]
    flags = (root / "run" / "flags.txt").read_text().splitlines()
    chosen = {f"--data={root / 'visits.csv'}", "--protection=hard", "--hidden=8,8"}
    assert chosen <= set(flags)
    assert not any(line.startswith("--benchmark") for line in flags)
    manifest = told(root / "run" / "manifest.json")
    assert manifest["data_dir"] == str(root / "visits.csv")
    assert set(manifest["scenario"]["config"]["fingerprint"]) == {"north", "south"}
    names = [t["class_names"] for t in manifest["scenario"]["tasks"]]
    assert names == [["no", "yes"]] * 2


def test_its_tasks_become_verified_files_with_the_names_of_folders(visits):
    root, _ = visits
    done = forked(
        "export/export_tflite.py",
        f"--run_dir={root / 'run'}",
        "--quantization=int8",
        "--nolatency",
        "--workers=1",
        "--max_accuracy_drop=100",
    )
    assert done.returncode == 0, done.stderr
    for task, name in enumerate(("north", "south")):
        sidecar = told(root / "run" / "export" / f"task_{task:02d}.int8.json")
        assert sidecar["task"]["name"] == name
        assert [label["name"] for label in sidecar["labels"]] == ["no", "yes"]
        assert sidecar["verification"]["passed"]


def test_it_is_evaluated_from_anywhere(visits):
    root, _ = visits
    done = forked("apps/evaluate.py", f"--run_dir={root / 'run'}", "--methods=entropy")
    assert done.returncode == 0, done.stderr


def test_data_that_moved_or_changed_are_noticed(visits):
    root, _ = visits
    here, moved = root / "visits.csv", root / "visits" / "visits.csv"
    before = here.read_bytes()
    moved.parent.mkdir()
    here.rename(moved)
    export = ("export/export_tflite.py", f"--run_dir={root / 'run'}", "--overwrite")
    done = forked(*export)
    assert done.returncode == 2
    assert str(here) in done.stderr and "--data_dir" in done.stderr
    resumed = (TRAIN, "--resume", f"--run_dir={root / 'run'}", f"--data={moved}")
    done = forked(*resumed)
    assert done.returncode == 0, done.stderr
    moved.write_bytes(before.replace(b"60.0", b"61.0"))
    done = forked(*resumed)
    assert done.returncode == 2 and "were added, removed" in done.stderr
    done = forked(*export, f"--data_dir={moved}")
    assert done.returncode == 2 and "fingerprint" in done.stderr
    assert done.stderr.count("\n") == 1
    moved.rename(here)
    here.write_bytes(before)


def test_its_flagfile_runs_it_again_from_anywhere(visits, tmp_path):
    root, _ = visits
    flagfile = f"--flagfile={root / 'run' / 'flags.txt'}"
    done = forked(TRAIN, flagfile, f"--run_dir={tmp_path / 'again'}")
    assert done.returncode == 0, done.stderr
    results = [told(run / "results.json") for run in (root / "run", tmp_path / "again")]
    assert results[0]["accuracy_matrix"] == results[1]["accuracy_matrix"]


@pytest.mark.parametrize("kind", ["pictures", "recordings", "sounds", "arrays"])
def test_other_kinds_are_learned_by_a_network_that_suits_them(tmp_path, kind):
    if kind == "pictures":
        picture_folder(tmp_path / "mine", each=8)
        options, target = ("--data=mine",), "convnet"
    elif kind == "recordings":
        recording_folder(tmp_path / "mine")
        options, target = ("--data=mine", "--window=20"), "conv1d"
    elif kind == "sounds":
        sound_folder(tmp_path / "mine", seconds=0.1)
        options, target = ("--data=mine", "--window=800"), "conv1d"
    else:
        x, y = np.random.default_rng(0).normal(size=(60, 8, 2)), np.arange(60) % 2
        np.savez(tmp_path / "mine.npz", x=x, y=y)
        options, target = ("--data=mine.npz",), "conv1d"
    done = forked(ROOT / TRAIN, *options, *FEW, "--run_dir=run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"--target={target}" in done.stdout
    assert ("--augment_bands=8" in done.stdout) == (kind == "sounds")
    assert told(tmp_path / "run" / "results.json")["average_accuracy"] is not None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--data=photos", "--benchmark=split_digits"), "--data and --benchmark"),
        (("--data=photos", "--classes_per_task=2"), "--data and --classes_per_task"),
        (("--window=20",), "Expected --data=PATH beside --window"),
        (("--data=photos", "--window=20"), "window=20 for files of kind image"),
        (("--data=photos", "--batch_size=500"), "batch_size=500, ann has"),
        (("--data=tokens.npz",), "keras.layers.Embedding"),
        (("--data=tokens.npz", "--target=convnet"), "(height, width, channels)"),
        (("--data=photos", "--target=lenet"), "Expected one of conv1d"),
        (("--data=photos", "--target=nowhere:net"), "nowhere"),
    ],
)
def test_mistakes_are_one_line_and_leave_nothing(tmp_path, arguments, message):
    picture_folder(tmp_path / "photos")
    table().to_csv(tmp_path / "visits.csv", index=False)
    np.savez(
        tmp_path / "tokens.npz", x=np.arange(90).reshape(30, 3), y=np.arange(30) % 2
    )
    done = forked(ROOT / TRAIN, *arguments, "--run_dir=run", cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.startswith("train: ") and done.stderr.count("\n") == 1
    assert not (tmp_path / "run").exists()


NET = """
import keras

def net(input_shape, classes):
    inputs = keras.Input(input_shape)
    x = keras.layers.Embedding(90, 4)(inputs)
    x = keras.layers.GlobalAveragePooling1D()(x)
    x = keras.layers.Dense(16, "relu")(x)
    return keras.Model(inputs, keras.layers.Dense(classes, name="logits")(x))
"""


def test_tokens_are_learned_by_a_network_of_one_s_own(tmp_path):
    x, y = np.arange(90).reshape(30, 3), np.arange(30) % 2
    np.savez(tmp_path / "tokens.npz", x=x, y=y)
    (tmp_path / "my_net.py").write_text(NET)
    own = ("--target=my_net:net", "--steps_per_task=5", "--epoch_steps=5")
    call = (ROOT / TRAIN, "--data=tokens.npz", *own, "--steps_per_execution=1")
    done = forked(*call, "--nojit_compile", "--run_dir=run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert told(tmp_path / "run" / "results.json")["average_accuracy"] is not None
