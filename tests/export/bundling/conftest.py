"""Small `.tflite` files, made with the schema's classes alone, and bundles of them."""

import hashlib
import json
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from hypermask_tf.export.bundle_reader import Bundle
from hypermask_tf.export.bundling.sources import SourceFile
from hypermask_tf.export.bundling.writer import make_bundle

INPUTS, UNITS, CLASSES = 96, 24, 64


def _tensor(name: str, shape: tuple[int, ...], kind: int, buffer: int) -> Any:
    tensor = schema.TensorT()
    tensor.name, tensor.shape, tensor.type, tensor.buffer = name, shape, kind, buffer
    return tensor


def tflite(*weights: np.ndarray, description: str = "") -> bytes:
    """A file whose only subgraph holds these constant tensors."""
    model, graph = schema.ModelT(), schema.SubGraphT()
    model.version, model.description = 3, description
    kinds = {"int8": schema.TensorType.INT8, "float32": schema.TensorType.FLOAT32}
    buffers, tensors = [schema.BufferT()], []
    for i, weight in enumerate(weights):
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(weight.tobytes(), np.uint8)
        buffers.append(buffer)
        kind = kinds[weight.dtype.name]
        tensors.append(_tensor(f"weight_{i}", weight.shape, kind, i + 1))
    graph.tensors, graph.inputs, graph.outputs, graph.operators = tensors, [], [], []
    model.operatorCodes, model.subgraphs, model.buffers = [], [graph], buffers
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def source(index: int, content: bytes, file: str | None = None) -> SourceFile:
    """A file with a sidecar like those of the export tool."""
    file = file or f"task_{index:02d}.tflite"
    sidecar = {
        "schema_version": 1,
        "file": file,
        "sha256": hashlib.sha256(content).hexdigest(),
        "task": {"index": index, "name": f"task_{index:02d}"},
        "labels": [{"index": 0, "class": index, "name": f"digit ä {index}"}],
        "preprocessing": {"scale": 0.25, "permutation": [3, 1, 2, 0]},
        "verification": {"tflite_accuracy": 0.1 + 0.2, "passed": True},
    }
    text = json.dumps(sidecar, indent=2) + "\n"
    return SourceFile(file, content, text.encode(), index)


def tasks(count: int, seed: int = 0) -> list[SourceFile]:
    """Tasks that take half of their first-layer units from a common base."""
    rng = np.random.default_rng(seed)
    base = rng.integers(-127, 128, (4 * UNITS, INPUTS), np.int8)
    found = []
    for index in range(count):
        first = rng.integers(-127, 128, (UNITS, INPUTS), np.int8)
        first[::2] = base[rng.choice(len(base), UNITS // 2, replace=False)]
        head = rng.normal(size=(CLASSES, UNITS)).astype("float32")
        content = tflite(first, head, description=f"task {index} of a small model")
        found.append(source(index, content))
    return found


def save(sources: list[SourceFile], folder: Path) -> Path:
    """Writes files and sidecars as the export tool leaves them."""
    folder.mkdir(parents=True, exist_ok=True)
    for entry in sources:
        path = folder / entry.file
        path.write_bytes(entry.content)
        path.with_suffix(".json").write_bytes(entry.text)
    return folder


@pytest.fixture(scope="session")
def ten_tasks() -> list[SourceFile]:
    return tasks(10)


@pytest.fixture(scope="session")
def small() -> Any:
    """The functions of this file, for tests that make their own."""
    from types import SimpleNamespace

    return SimpleNamespace(tflite=tflite, source=source, tasks=tasks, save=save)


@pytest.fixture(scope="session")
def ten(ten_tasks: list[SourceFile]) -> Bundle:
    """A bundle of ten tasks."""
    return make_bundle(ten_tasks)[0]


@pytest.fixture(scope="session")
def growing(ten_tasks: list[SourceFile]) -> list[Bundle]:
    """Bundles of the first one, two, and so on of six tasks."""
    return [make_bundle(ten_tasks[:count])[0] for count in range(1, 7)]
