"""Stage: one task of a run → a plain Keras model, and what it says about the data."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hypermask_tf.export.compact import compact_network
from hypermask_tf.export.task_data import TaskData
from hypermask_tf.export.task_info import TaskInfo

KERAS_BATCH = 256
# What a manifest says of when, where and in how many goes a run was made.
_ELSEWHERE = ("started", "resumed", "data_dir")


@dataclasses.dataclass(frozen=True)
class WeightCount:
    """How many weights a Keras model has, and how many are exactly 0."""

    parameters: int
    zeros: int


@dataclasses.dataclass(frozen=True)
class BakedTask:
    """A baked task on disk, with what its Keras model says.

    Args:
        info: what a device must know.
        model_path: the `.keras` file of the network, compact if so asked.
        weights: what it holds.
        macs: multiply-accumulates of one prediction; `None` where they cannot be
            counted.
        logits: of the whole network on the test set.
        gate_logits: of the whole network on the data that decides what is good.
    """

    info: TaskInfo
    model_path: Path
    weights: WeightCount
    macs: int | None
    logits: np.ndarray
    gate_logits: np.ndarray


def bake_task(
    model: Any,
    task: Any,
    data: TaskData,
    source: Mapping[str, Any],
    folder: Path,
    compact: bool = True,
) -> BakedTask:
    """Bakes one task, saves it as `.keras`, and takes its logits.

    The logits are those of the whole network, so that a file is held against what
    the task had learned, however much smaller it is.

    Args:
        model: the `HyperMask` of the run.
        task: the task of the scenario.
        data: its arrays.
        source: the run it comes from, for the JSON.
        folder: where the `.keras` file goes.
        compact: whether to save it without what its mask switches off.
    """
    baked = model.bake(task=task.index, dtype="float32")
    smaller = compact_network(baked) if compact else baked
    path = folder / f"task_{task.index:02d}.keras"
    smaller.save(path)
    logits = keras_logits(baked, data.test[0])
    info = task_info(task, data.test[0].shape[1:], logits.shape[-1], source)
    return BakedTask(
        info=dataclasses.replace(info, version=version(smaller)),
        model_path=path,
        weights=count_weights(smaller),
        macs=count_macs(smaller),
        logits=logits,
        gate_logits=keras_logits(baked, data.gate[0]),
    )


def keras_logits(model: Any, x: np.ndarray) -> np.ndarray:
    """Returns the outputs of a Keras model for all examples."""
    import keras

    parts = [
        keras.ops.convert_to_numpy(model(x[i : i + KERAS_BATCH], training=False))
        for i in range(0, len(x), KERAS_BATCH)
    ]
    return np.concatenate(parts)


def task_info(
    task: Any,
    input_shape: tuple[int, ...],
    num_outputs: int,
    source: Mapping[str, Any],
) -> TaskInfo:
    """Returns what a device must know about a task of a scenario."""
    labels = zip(task.classes, task.class_names, strict=True)
    return TaskInfo(
        index=int(task.index),
        name=str(task.name),
        labels=tuple(
            {"index": index, "class": label, "name": str(name)}
            for index, (label, name) in enumerate(labels)
        ),
        input_shape=tuple(int(n) for n in input_shape),
        num_outputs=int(num_outputs),
        preprocessing=dict(task.preprocessing),
        source=dict(source),
    )


def run_source(run: Any, scenario: Any) -> dict[str, Any]:
    """Returns which run a file comes from: benchmark, seed, hash of its manifest.

    The hash leaves out when the run began and went on, and where its data lay, so that
    one that is repeated or was killed gives the same files to the last byte.
    """
    manifest = run.manifest()
    kept = {name: value for name, value in manifest.items() if name not in _ELSEWHERE}
    text = json.dumps(kept, sort_keys=True, separators=(",", ":"))
    return {
        "benchmark": scenario.name,
        "seed": manifest.get("seed"),
        "manifest_sha256": hashlib.sha256(text.encode()).hexdigest(),
    }


def version(model: Any) -> str:
    """Returns a name for the weights of a Keras model: the start of their SHA-256."""
    digest = hashlib.sha256()
    for weight in model.weights:
        value = np.asarray(weight)
        digest.update(f"{value.dtype}{value.shape}".encode())
        digest.update(value.tobytes())
    return digest.hexdigest()[:16]


def count_weights(model: Any) -> WeightCount:
    """Counts the numbers in a Keras model, and those that are exactly 0."""
    weights = [w.numpy() for w in model.weights if "float" in str(w.dtype)]
    return WeightCount(
        parameters=sum(w.size for w in weights),
        zeros=sum(int(np.count_nonzero(w == 0)) for w in weights),
    )


def count_macs(model: Any) -> int | None:
    """Counts multiply-accumulates of one prediction; `None` where that fails."""
    from hypermask_tf.surgery.cost import cost

    try:
        return int(cost(model).macs)
    except ValueError:
        return None
