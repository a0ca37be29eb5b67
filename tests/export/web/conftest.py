"""Runs with exported files, for the page."""

import hashlib
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from sklearn.neural_network import MLPClassifier

from export.exporter import ExportOptions, export_run


class ExportedRun:
    """Stands for a run with a small network per task that really learned it."""

    def __init__(self, path: Path, scenario: Any, samples: int) -> None:
        self.path, self.export_dir, self.scenario = path, path / "export", scenario
        self.networks = [learned(task, samples) for task in scenario.tasks]

    def manifest(self) -> dict[str, Any]:
        return {"seed": 1}

    def load_model(self) -> Any:
        return SimpleNamespace(
            num_learned_tasks=len(self.networks),
            bake=lambda task, dtype: self.networks[task],
        )

    def load_scenario(self, data_dir: str | None = None) -> Any:
        return self.scenario

    def export(self) -> "ExportedRun":
        options = ExportOptions(quantizations=("float32", "dynamic_int8"))
        report = export_run(self, options)
        assert report.passed, report.failed
        return self


def learned(task: Any, samples: int, hidden: int = 48) -> keras.Model:
    """A network of two classes with the weights that scikit-learn found."""
    x, y = task.train[0][:samples], task.train[1][:samples]
    found = MLPClassifier((hidden,), max_iter=60, random_state=0).fit(
        x.reshape(len(x), -1), y
    )
    image = keras.Input(x.shape[1:])
    features = layers.Dense(hidden, "relu")(layers.Flatten()(image))
    model = keras.Model(image, layers.Dense(2)(features))
    (kernel, out), (bias, out_bias) = found.coefs_, found.intercepts_
    # One logit for "the second class" becomes two, of which the first is 0.
    two = np.concatenate([np.zeros_like(out), out], axis=1)
    model.set_weights([kernel, bias, two, np.array([0.0, out_bias[0]])])
    return model


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
