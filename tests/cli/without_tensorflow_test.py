"""On JAX a run is trained where TensorFlow is not installed."""

import json

import keras
import pytest

from tests.commands import fresh

pytestmark = [
    pytest.mark.backend,
    pytest.mark.skipif(keras.backend.backend() != "jax", reason="about JAX"),
]
# What is None here counts as not installed.
HIDE = """
import runpy, sys
sys.modules["tensorflow"] = None
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
SMALL = (
    *("--num_tasks=2", "--steps_per_task=6", "--epoch_steps=3"),
    "--steps_per_execution=3",
)


@pytest.mark.parametrize(
    "choices",
    [
        # Without XLA, which TensorFlow goes without here, JAX would be op by op.
        ("--loop=fit", "--target=convnet", "--hidden=4,8", "--nonarrow"),
        ("--loop=device", "--hidden=12"),
    ],
    ids=["fit, a convnet", "device, an MLP"],
)
def test_both_loops_train(choices, tmp_path):
    run = tmp_path / "run"
    done = fresh("-c", HIDE, "apps/train.py", *SMALL, *choices, f"--run_dir={run}")
    assert done.returncode == 0, done.stderr
    results = json.loads((run / "results.json").read_text())
    assert len(results["accuracy_matrix"]) == 2
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["backend"] == "jax"
