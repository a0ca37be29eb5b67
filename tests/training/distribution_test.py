"""Several devices, or several processes, learn what one device learns."""

import importlib.util
import json
import os
import pathlib
import socket
import subprocess
import sys

import keras
import numpy as np
import pytest

from hypermask_tf import ChunkedHypernetwork, MaskBank
from hypermask_tf.training import Distribution, distribute, is_chief

ROOT = pathlib.Path(__file__).parents[2]
LEARN = "tests/training/shared_learning.py"
on_tensorflow = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="about TensorFlow"
)
needs_jax = pytest.mark.skipif(
    importlib.util.find_spec("jax") is None, reason="JAX is not installed"
)


def _start(arguments, **environment):
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _wait(*processes):
    """Waits for all; none outlives a failure of another."""
    try:
        for process in processes:
            out, err = process.communicate(timeout=900)
            assert process.returncode == 0, out + err
    finally:
        for process in processes:
            process.kill()


def _cluster(processes):
    """TF_CONFIG of each of so many processes on this machine."""
    sockets = [socket.socket() for _ in range(processes)]
    for each in sockets:
        each.bind(("localhost", 0))
    workers = [f"localhost:{each.getsockname()[1]}" for each in sockets]
    for each in sockets:
        each.close()
    return [
        json.dumps(
            {
                "cluster": {"worker": workers},
                "task": {"type": "worker", "index": index},
            }
        )
        for index in range(processes)
    ]


def _seen(folder, kind, name, process=0):
    with np.load(folder / f"{kind}_{name}_{process}.npz") as archive:
        return dict(archive)


def _check_same(one, many):
    """Same logs, measures, predictions and variables, within rounding."""
    own = {"replicas", "apart", "parts"}
    assert one.keys() - own == many.keys() - own
    for name in one.keys() - own:
        np.testing.assert_allclose(
            many[name].astype("float64"),
            one[name].astype("float64"),
            rtol=1e-4,
            atol=2e-5,
            err_msg=name,
        )
    assert many["apart"] == 0


@on_tensorflow
def test_two_replicas_in_one_process(tmp_path):
    runs = ["unit:none", "unit:mirrored"]
    _wait(_start([LEARN, tmp_path, *runs], KERAS_BACKEND="tensorflow"))
    many = _seen(tmp_path, "unit", "mirrored")
    assert many["replicas"] == 2
    _check_same(_seen(tmp_path, "unit", "none"), many)


@on_tensorflow
@pytest.mark.slow
def test_two_replicas_with_other_masks_and_losses(tmp_path):
    kinds = ("weight", "hard")
    runs = [f"{kind}:{name}" for kind in kinds for name in ("none", "mirrored")]
    _wait(_start([LEARN, tmp_path, *runs], KERAS_BACKEND="tensorflow"))
    _check_same(*(_seen(tmp_path, "weight", name) for name in ("none", "mirrored")))
    # Batch norm that each replica has for itself: other numbers, but one truth.
    many = _seen(tmp_path, "hard", "mirrored")
    assert many["apart"] == 0
    # And what the second task did to the first is nothing. Replicas may round a
    # prediction by how they share out a batch; the weights are the same bits.
    kept = [name for name in many if name.startswith("kept 0 ")]
    assert kept
    for name in kept:
        after = many[name.replace("kept 0 ", "kept 1 ")]
        np.testing.assert_array_equal(after, many[name])
    np.testing.assert_allclose(many["prediction 1"], many["prediction 0"], atol=1e-6)


@on_tensorflow
@pytest.mark.slow
def test_two_processes(tmp_path):
    one = _start([LEARN, tmp_path, "unit:none"], KERAS_BACKEND="tensorflow")
    many = [
        _start(
            [LEARN, tmp_path, "unit:multi_worker"],
            KERAS_BACKEND="tensorflow",
            TF_CONFIG=config,
            PROCESS=str(index),
        )
        for index, config in enumerate(_cluster(2))
    ]
    _wait(one, *many)
    chief = _seen(tmp_path, "unit", "multi_worker", 0)
    assert chief["replicas"] == 2
    _check_same(_seen(tmp_path, "unit", "none"), chief)
    other = _seen(tmp_path, "unit", "multi_worker", 1)
    for name, value in chief.items():
        np.testing.assert_array_equal(other[name], value, err_msg=name)


@on_tensorflow
@pytest.mark.slow
def test_two_processes_train_a_recipe_and_only_the_chief_writes(tmp_path):
    command = [
        "apps/train.py",
        "--flagfile=apps/recipes/split_digits.flags",
        "--num_tasks=2",
        "--steps_per_task=20",
        "--epoch_steps=10",
        "--steps_per_execution=5",
    ]
    one = _start([*command, f"--run_dir={tmp_path / 'one'}", "--nojit_compile"])
    many = [
        _start(
            [*command, f"--run_dir={tmp_path / 'many'}", "--distribute=multi_worker"],
            TF_CONFIG=config,
        )
        for config in _cluster(2)
    ]
    _wait(one, *many)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["many", "one"]
    results = [
        json.loads((tmp_path / run / "results.json").read_text())
        for run in ("one", "many")
    ]
    np.testing.assert_allclose(
        *(result["accuracy_matrix"] for result in results), atol=0.01
    )
    models = [
        keras.models.load_model(tmp_path / run / "checkpoints" / "task_01.keras")
        for run in ("one", "many")
    ]
    for first, second in zip(*(model.weights for model in models), strict=True):
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(second.value).astype("float64"),
            keras.ops.convert_to_numpy(first.value).astype("float64"),
            rtol=1e-3,
            atol=1e-4,
            err_msg=first.path,
        )


@pytest.mark.slow
@needs_jax
def test_jax_shares_out_the_batch_or_the_hypernetwork(tmp_path):
    runs = [
        "unit:none",
        "unit:data_parallel",
        "unit:model_parallel",
        "weight:none",
        "weight:model_parallel",
    ]
    _wait(
        _start(
            [LEARN, tmp_path, *runs],
            KERAS_BACKEND="jax",
            XLA_FLAGS="--xla_force_host_platform_device_count=2",
        )
    )
    for run in runs:
        kind, _, name = run.partition(":")
        if name != "none":
            many = _seen(tmp_path, kind, name)
            _check_same(_seen(tmp_path, kind, "none"), many)
            assert many["replicas"] == (2 if name == "data_parallel" else 1)
            whole = _seen(tmp_path, kind, "none")["parts"][0]
            half = [whole[0] // 2, whole[1]]
            assert many["parts"].tolist() == [
                half if name == "model_parallel" else whole.tolist()
            ]


def test_errors_say_what_is_missing(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(ValueError, match="must be one of"):
        distribute("horovod")
    if keras.backend.backend() == "tensorflow":
        with pytest.raises(ValueError, match="KERAS_BACKEND=jax"):
            distribute("data_parallel")
        with pytest.raises(ValueError, match="TF_CONFIG"):
            distribute("multi_worker")
    with pytest.raises(ValueError, match="multiple of 3"):
        Distribution("mirrored", replicas=3).check_batch(16)
    Distribution("mirrored", replicas=4).check_batch(16)


@pytest.mark.parametrize(
    ("kinds", "kind", "index", "expected"),
    [
        (("worker",), "worker", 0, True),
        (("worker",), "worker", 1, False),
        (("chief", "worker"), "chief", 0, True),
        (("chief", "worker"), "worker", 0, False),
    ],
)
def test_the_chief_is_known_from_the_environment(
    monkeypatch, kinds, kind, index, expected
):
    cluster = {name: ["host0:1", "host1:1"] for name in kinds}
    config = {"cluster": cluster, "task": {"type": kind, "index": index}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(config))
    assert is_chief("multi_worker") is expected
    assert is_chief("mirrored")


def test_the_first_jax_process_is_the_chief(monkeypatch):
    monkeypatch.setenv("KERAS_DISTRIBUTION_PROCESS_ID", "1")
    assert not is_chief("data_parallel")
    monkeypatch.delenv("KERAS_DISTRIBUTION_PROCESS_ID")
    assert is_chief("data_parallel")


def test_layouts_name_what_has_a_row_per_score():
    from hypermask_tf.training import hypernetwork_layout_map

    mesh = keras.distribution.DeviceMesh((1, 1), ("batch", "model"), ["cpu:0"])
    layouts = hypernetwork_layout_map(mesh, MaskBank())
    assert layouts["hyper_mask/mask_bank_1/bank"].axes == (None, "model")
    assert layouts["memory/scores"].axes == (None, "model")
    assert layouts["dense/kernel"] is None
    with pytest.raises(ValueError, match="shared out by rows"):
        hypernetwork_layout_map(mesh, ChunkedHypernetwork())
