"""Keras's backend: one that is not installed, or of no use, is refused in a line."""

import json
import sys

import pytest

import hypermask
from tests.commands import fresh

# What is None here counts as not installed.
WITHOUT_JAX = """
import runpy, sys
sys.modules["jax"] = None
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.parametrize(
    ("command", "backend", "words"),
    [
        ("export/export_tflite.py", "jax", "Received: KERAS_BACKEND=jax. Unset it"),
        ("export/export_router.py", "jax", "backend tensorflow. Received"),
        ("apps/train.py", "jax", "KERAS_BACKEND=jax: import of jax"),
        ("apps/sweep.py", "torch", "backend tensorflow or jax. Received"),
        ("apps/report.py", "tensorfow", "Received: KERAS_BACKEND=tensorfow"),
    ],
)
def test_one_line_and_status_2(command, backend, words):
    done = fresh("-c", WITHOUT_JAX, command, KERAS_BACKEND=backend)
    assert done.returncode == 2
    assert words in done.stderr and done.stderr.count("\n") == 1
    assert done.stdout == ""


@pytest.mark.parametrize("settings", ["jax", "nonsense"])
def test_a_settings_file_of_keras_is_named(settings, tmp_path):
    (tmp_path / "keras.json").write_text(json.dumps({"backend": settings}))
    choices = {"KERAS_BACKEND": "", "KERAS_HOME": str(tmp_path)}
    done = fresh("-c", WITHOUT_JAX, "apps/train.py", **choices)
    assert done.returncode == 2
    assert "KERAS_BACKEND, which is not set" in done.stderr
    assert settings in done.stderr and done.stderr.count("\n") == 1


def test_what_converts_networks_takes_tensorflow_by_itself(monkeypatch):
    """Whatever Keras's own file of settings says."""
    seen = []
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setattr(hypermask, "start_module", lambda *given: seen.append(given))
    monkeypatch.setattr(sys, "argv", ["hypermask export"])
    hypermask.start("export")
    assert hypermask.os.environ["KERAS_BACKEND"] == "tensorflow"
    assert seen == [("hypermask_tf.cli.export_tflite", ("tensorflow",))]
