"""The command that exports a router, as a user calls it."""

import json
import pathlib

import keras
import pytest

from tests.commands import fresh

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="export needs TensorFlow"
)
_GOLDEN = pathlib.Path(__file__).parents[1] / "data" / "golden_run" / "run"


def test_an_unknown_method_is_told_before_data_that_are_not_there(tmp_path):
    manifest = json.loads((_GOLDEN / "manifest.json").read_text())
    manifest["scenario"] |= {"name": "split_mnist", "config": {}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    call = ("export/export_router.py", f"--run_dir={tmp_path}", "--data_dir=/nowhere")
    for arguments, word in (([], "/nowhere"), (["--method=guess"], "--method=guess")):
        # This command imports TensorFlow late: where it is there from the start, its
        # start-up notices come first.
        done = fresh(*call, *arguments)
        assert done.returncode == 2
        assert done.stderr.startswith("export_router: ")
        assert word in done.stderr and done.stderr.count("\n") == 1
