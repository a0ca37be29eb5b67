"""Tasks of one's own on a trained network, from the command line."""

import json

import keras
import numpy as np
import pytest

from tests.base import networks
from tests.commands import forked

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="runs on the default backend"
)
LEARN = ["--steps_per_task=4", "--epoch_steps=2", "--steps_per_execution=2"]


# In a process of its own: flags of one name belong to several commands.
KEPT = """
import importlib, pkgutil
from absl import flags
from hypermask_tf.cli import train_flags
kept = {f.name for f in flags.FLAGS.get_key_flags_for_module(train_flags.__name__)}
for room in pkgutil.iter_modules(train_flags.__path__):
    if room.name not in ("retired", "values"):
        module = importlib.import_module(f"{train_flags.__name__}.{room.name}")
        own = flags.FLAGS.flags_by_module_dict().get(module.__name__, ())
        print(room.name, len(own), *(f.name for f in own if f.name not in kept))
"""


def test_every_flag_of_training_is_kept_with_a_run():
    """`flags.txt`, and all that reads it, knows what the package adopts."""
    done = forked("-c", KEPT)
    assert done.returncode == 0, done.stderr
    rooms = [line.split() for line in done.stdout.splitlines()]
    assert len(rooms) > 5
    # A name, a number, and nothing that is left out.
    assert [room for room in rooms if len(room) > 2 or room[1] == "0"] == []


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of two tasks on a `.keras` file, and data of a third."""
    keras.utils.set_random_seed(0)
    folder = tmp_path_factory.mktemp("base")
    network = networks.mobile()
    network.save(folder / "net.keras")
    x, y = networks.samples(network, 120)
    tasks = np.repeat(["cans", "bottles"], 60)
    np.savez(folder / "two.npz", x=x, y=y, task=tasks)
    np.savez(folder / "third.npz", x=x[:60], y=y[:60], task=np.repeat(["cups"], 60))
    done = forked(
        "hypermask.py",
        "train",
        f"--data={folder / 'two.npz'}",
        f"--target={folder / 'net.keras'}",
        "--base=frozen",
        "--base_rank=2",
        f"--run_dir={folder / 'run'}",
        *LEARN,
    )
    assert done.returncode == 0, done.stderr
    return folder, done


def test_a_run_says_what_it_stands_on(run):
    folder, done = run
    assert "--learning_rate=0.003" in done.stdout
    assert "--sparsity" not in done.stdout.partition("Chosen")[2]
    kept = (folder / "run" / "flags.txt").read_text()
    assert "--base=frozen" in kept and "--base_rank=2" in kept
    results = json.loads((folder / "run" / "results.json").read_text())
    assert results["backward_transfer"] == 0
    # Nothing runs out, so there is nothing to draw.
    assert results["capacity_used"] == [None, None]
    assert not (folder / "run" / "plots" / "capacity.png").exists()


def test_a_task_is_added_and_another_forgotten(run):
    folder, _ = run
    options = [f"--run_dir={folder / 'run'}"]
    data = f"--data={folder / 'third.npz'}"
    written = ["--quantization=float32", "--nolatency"]
    done = forked("hypermask.py", "add", *options, data, *written)
    assert done.returncode == 0, done.stderr
    done = forked("hypermask.py", "forget", *options, "--task=cans")
    assert done.returncode == 0, done.stderr
    done = forked("hypermask.py", "status", *options)
    assert "cups" in done.stdout and "bottles" in done.stdout
