"""The reader works on a machine that has Python, NumPy and zstandard alone."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

from hypermask_tf.export.bundling.updates import make_update
from hypermask_tf.export.bundling.writer import bundle_bytes

READER = Path(__file__).resolve().parents[3] / "export" / "bundle_reader"

SCRIPT = """
import sys, json, hashlib

ALLOWED = {"numpy", "zstandard", "on_device", "__main__"}

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
for name in ("export", "hypermask_tf", "tensorflow", "keras", "flatbuffers", "absl"):
    assert name not in sys.modules, name
    try:
        __import__(name)
    except ImportError:
        continue
    raise SystemExit(f"{name} is there")

import on_device

on_device.apply_update(bundle, update)
with on_device.Bundle(bundle) as opened:
    opened.verify()
    hashes = {r.file: hashlib.sha256(opened.read(r.file)).hexdigest()
              for r in opened.records}
    opened.extract(out)
try:
    on_device.apply_update(bundle, update)
except on_device.BundleError as error:
    print(json.dumps({"hashes": hashes, "refused": str(error)}))
"""


def test_reader_alone_updates_and_restores(ten_tasks, tmp_path):
    shutil.copytree(
        READER, tmp_path / "on_device", ignore=shutil.ignore_patterns("__pycache__")
    )
    old, new = bundle_bytes(ten_tasks[:4]), bundle_bytes(ten_tasks)
    (tmp_path / "edge.hmb").write_bytes(old)
    (tmp_path / "edge.hmu").write_bytes(make_update(old, new).pack())
    arguments = [tmp_path, tmp_path / "edge.hmb", tmp_path / "edge.hmu", tmp_path / "o"]
    result = subprocess.run(
        [sys.executable, "-I", "-c", SCRIPT, *map(str, arguments)],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    said = json.loads(result.stdout)
    assert said["hashes"] == {source.file: source.sha256 for source in ten_tasks}
    assert "already applied" in said["refused"]
    assert (tmp_path / "edge.hmb").read_bytes() == new
    for source in ten_tasks:
        content = (tmp_path / "o" / source.file).read_bytes()
        assert hashlib.sha256(content).hexdigest() == source.sha256
