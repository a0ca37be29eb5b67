"""The training command, as a user calls it."""

import json

import keras
import pytest

from tests.commands import forked, fresh

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="runs on the default backend"
)
TRAIN = "apps/train.py"
SMALL = (
    "--num_tasks=2",
    "--steps_per_task=40",
    "--epoch_steps=20",
    "--batch_size=32",
    "--hidden=24",
    "--sparsity=50",
    "--learning_rate=1e-2",
)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "first"
    return folder, fresh(TRAIN, *SMALL, f"--run_dir={folder}")


def test_leaves_a_whole_run_folder(finished):
    folder, done = finished
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "average accuracy" in done.stdout
    names = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert names == {
        "flags.txt",
        "manifest.json",
        "results.json",
        "checkpoints/index.json",
        "checkpoints/task_00.json",
        "checkpoints/task_00.keras",
        "checkpoints/task_01.json",
        "checkpoints/task_01.keras",
        "logs/task_00.csv",
        "logs/task_01.csv",
        "plots/accuracy_matrix.png",
        "plots/capacity.png",
        "plots/task_curves.png",
    }
    manifest = json.loads((folder / "manifest.json").read_text())
    assert [t["classes"] for t in manifest["scenario"]["tasks"]] == [[0, 1], [2, 3]]
    assert manifest["hardware"]
    assert (manifest["measured_on"], manifest["baseline"]) == ("test", "none")
    header = (folder / "logs" / "task_01.csv").read_text().splitlines()[0]
    for name in ("task_loss", "output_regularization", "mask_sparsity"):
        assert name in header


def test_its_flagfile_repeats_the_run(finished, tmp_path):
    folder, _ = finished
    again = forked(
        TRAIN, f"--flagfile={folder / 'flags.txt'}", f"--run_dir={tmp_path / 'b'}"
    )
    assert again.returncode == 0, again.stderr
    results = [
        json.loads((path / "results.json").read_text())
        for path in (folder, tmp_path / "b")
    ]
    assert results[0]["accuracy_matrix"] == results[1]["accuracy_matrix"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--sparsity=120",), "sparsity"),
        (("--classes_per_task=5,3,1",), "[5, 3, 1], which add up to 9"),
        (("--classes_per_task=two",), "such as 2, or one for each task"),
        (("--benchmark=split_minst",), "split_minst"),
        (("--no_such_flag",), "no_such_flag"),
        (("--steps_per_task=30", "--epoch_steps=20"), "multiple"),
        (("--benchmark=split_mnist", "--data_dir=/nowhere"), "/nowhere"),
        (("--granularity=weight", "--memory_limit_gib=1e-4"), "chunk_size"),
        (("--batch_size=5000",), "batch_size=5000, task_00 has 242"),
        (("--loop=device", "--distribute=mirrored"), "leave --distribute out"),
    ],
)
def test_mistakes_give_status_2_and_one_line(arguments, message, tmp_path):
    done = forked(TRAIN, *SMALL, f"--run_dir={tmp_path / 'x'}", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.startswith("train: ")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "x").exists()


def test_an_existing_run_is_kept(finished):
    folder, _ = finished
    before = (folder / "results.json").read_bytes()
    for arguments, word in (
        ((), "--overwrite"),
        (("--overwrite", "--batch_size=5000"), "batch_size=5000"),
    ):
        done = forked(TRAIN, *SMALL, f"--run_dir={folder}", *arguments)
        assert done.returncode == 2
        assert word in done.stderr
    assert (folder / "results.json").read_bytes() == before


def test_a_loss_that_is_no_number_gives_status_1(tmp_path):
    choices = ("--learning_rate=1e30", "--nojit_compile")
    done = forked(TRAIN, *SMALL, *choices, f"--run_dir={tmp_path / 'x'}")
    assert done.returncode == 1
    assert "Last good checkpoint" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_baseline_on_validation_data_and_few_samples(tmp_path):
    folder = tmp_path / "x"
    choices = ("--baseline=alone", "--measure=validation", "--limit_train=64")
    done = forked(TRAIN, *SMALL, *choices, f"--run_dir={folder}", "--nojit_compile")
    assert done.returncode == 0, done.stderr
    assert "Validation accuracy" in done.stdout
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["baseline"] == "alone"
    assert manifest["measured_on"] == "validation"
    assert manifest["limit_train"] == 64
    results = json.loads((folder / "results.json").read_text())
    assert results["measured_on"] == "validation"
    assert results["units_kept"] == [24, 24]
    assert results["backward_transfer"] == 0
