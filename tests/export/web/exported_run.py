"""A run whose networks scikit-learn trained, exported for the page."""

import hashlib
import json
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
from keras import layers
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from hypermask_tf.export.convert import convert
from hypermask_tf.export.exporter import ExportOptions, export_run
from hypermask_tf.training import RunFolder


class ExportedRun:
    """Stands for a run with a small network per task that really learned it."""

    def __init__(self, path: Path, scenario: Any, samples: int) -> None:
        self.path, self.export_dir, self.scenario = path, path / "export", scenario
        self.networks = [learned(task, samples) for task in scenario.tasks]

    check_shared = RunFolder.check_shared

    def manifest(self) -> dict[str, Any]:
        return {"seed": 1, "scenario": {"tasks": [{} for _ in self.networks]}}

    def load_model(self) -> Any:
        return SimpleNamespace(
            num_learned_tasks=len(self.networks),
            state=SimpleNamespace(tasks=tuple(range(len(self.networks)))),
            bake=lambda task, dtype: self.networks[task],
        )

    def load_scenario(self, data_dir: str | None = None) -> Any:
        return self.scenario

    def export(self) -> "ExportedRun":
        options = ExportOptions(quantizations=("dynamic_int8",))
        report = export_run(self, options)
        assert report.passed, report.failed
        return self

    def add_router(self, said: tuple[float, ...], least_confidence: float) -> None:
        """Adds a router that says the same of every image."""
        shape = self.scenario.input_shape
        image = keras.Input(shape)
        model = keras.Model(image, layers.Dense(4)(layers.Flatten()(image)))
        kernel = np.zeros((int(np.prod(shape)), 4), "float32")
        model.set_weights([kernel, np.array(said, "float32")])
        content = convert(model)
        limits = {"least_confidence": least_confidence, "least_evidence": -10.0}
        entry = {
            "file": "router.tflite",
            "sha256": hashlib.sha256(content).hexdigest(),
            "bytes": len(content),
            "quantization": "float32",
            "method": "constant",
            "source": {"benchmark": self.scenario.name},
            "preprocessing": self.scenario.preprocessing,
            "input_shape": [1, *shape],
            "tasks": [{"index": task.index, **limits} for task in self.scenario.tasks],
            "verification": {"tflite_accuracy": 0.1},
        }
        (self.export_dir / "router.tflite").write_bytes(content)
        (self.export_dir / "router.json").write_text(json.dumps(entry))


def learned(task: Any, samples: int, hidden: int = 48) -> keras.Model:
    """A network of two classes with the weights that scikit-learn found."""
    x, y = task.train[0][:samples], task.train[1][:samples]
    search = MLPClassifier((hidden,), max_iter=30, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # good enough to draw for
        found = search.fit(x.reshape(len(x), -1), y)
    image = keras.Input(x.shape[1:])
    features = layers.Dense(hidden, "relu")(layers.Flatten()(image))
    model = keras.Model(image, layers.Dense(2)(features))
    (kernel, out), (bias, out_bias) = found.coefs_, found.intercepts_
    # One logit for "the second class" becomes two, of which the first is 0.
    two = np.concatenate([np.zeros_like(out), out], axis=1)
    model.set_weights([kernel, bias, two, np.array([0.0, out_bias[0]])])
    return model
