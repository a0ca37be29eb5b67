"""The reader works on a machine that has Python and zstandard alone."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

from hypermask_tf.export.bundling.writer import make_update

READER = (
    Path(__file__).resolve().parents[3] / "hypermask_tf" / "export" / "bundle_reader"
)

SCRIPT = """
import sys, json, hashlib

ALLOWED = {"zstandard", "on_device", "__main__"}

class Device:
    def find_spec(self, name, path=None, target=None):
        top = name.split(".")[0]
        if top in ALLOWED or top in sys.stdlib_module_names:
            return None
        if path is None and top.startswith("_"):  # compiled helpers of those allowed
            return None
        raise ImportError(f"{name} is not on this device")

folder, bundle, update, out = sys.argv[1:]
sys.path.insert(0, folder)
sys.meta_path.insert(0, Device())
for name in ("export", "hypermask_tf", "tensorflow", "keras", "absl", "numpy"):
    assert name not in sys.modules, name
    try:
        __import__(name)
    except ImportError:
        continue
    raise SystemExit(f"{name} is there")

import on_device

on_device.apply_update(bundle, update)
opened = on_device.Bundle.open(bundle)
opened.verify()
hashes = {f: hashlib.sha256(opened.read(f)).hexdigest() for f in opened.files}
opened.extract(out)
try:
    on_device.apply_update(bundle, update)
except on_device.BundleError as error:
    print(json.dumps({"hashes": hashes, "refused": str(error)}))
"""


def test_reader_alone_updates_and_restores(ten_tasks, growing, ten, tmp_path):
    shutil.copytree(
        READER, tmp_path / "on_device", ignore=shutil.ignore_patterns("__pycache__")
    )
    (tmp_path / "edge.hmb").write_bytes(growing[3].content)
    (tmp_path / "edge.hmu").write_bytes(make_update(growing[3], ten))
    arguments = [tmp_path, tmp_path / "edge.hmb", tmp_path / "edge.hmu", tmp_path / "o"]
    result = subprocess.run(
        [sys.executable, "-I", "-c", SCRIPT, *map(str, arguments)],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    said = json.loads(result.stdout)
    assert said["hashes"] == {
        source.file: hashlib.sha256(source.content).hexdigest() for source in ten_tasks
    }
    assert "already applied" in said["refused"]
    assert (tmp_path / "edge.hmb").read_bytes() == ten.content
    for source in ten_tasks:
        assert (tmp_path / "o" / source.file).read_bytes() == source.content
