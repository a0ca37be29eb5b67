"""A run with exported files, for what only copies them."""

import hashlib
import json
from pathlib import Path

import pytest


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """A run folder of two tasks, two files each, whose contents nobody runs."""
    folder = tmp_path / "run" / "export"
    folder.mkdir(parents=True)
    for task in (0, 1):
        for kind, size in (("float32", 300), ("dynamic_int8", 100), ("int8", 90)):
            content = bytes([task]) * size
            entry = {
                "file": f"task_{task:02d}.{kind}.tflite",
                "sha256": hashlib.sha256(content).hexdigest(),
                "bytes": size,
                "quantization": kind,
                "source": {"benchmark": "split_mnist", "seed": 1},
                "task": {"index": task, "name": f"task_{task:02d}"},
                "labels": [{"index": i, "class": i, "name": str(i)} for i in (0, 1)],
                "input": {"shape": [1, 28, 28, 1], "dtype": "float32"},
                "output": {"shape": [1, 2], "dtype": "float32"},
                "preprocessing": {"scale": 0.5, "offset": -1.0},
                "verification": {"tflite_accuracy": 0.99},
            }
            if kind == "int8":
                entry["input"]["dtype"] = "int8"
            (folder / entry["file"]).write_bytes(content)
            (folder / entry["file"]).with_suffix(".json").write_text(json.dumps(entry))
    return folder.parent
