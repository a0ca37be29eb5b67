"""Stage: one task of a run → a plain Keras model, and what it says about the data."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hypermask_tf.export.compact import compact_network
from hypermask_tf.export.examples import Examples
from hypermask_tf.export.in_unit import in_unit
from hypermask_tf.export.keras_side import keras_outputs, save_for_conversion
from hypermask_tf.export.task_info import TaskInfo
from hypermask_tf.export.task_source import TaskSource

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
        logits: outputs of the whole network on the test set.
        gate_logits: the same on the data that decides what is good.
        gate_split: which data that is.
        test_split: which data the test set is.
    """

    info: TaskInfo
    model_path: Path
    weights: WeightCount
    macs: int | None
    logits: Examples
    gate_logits: Examples
    gate_split: str = "validation"
    test_split: str = "test"


def bake_task(
    model: Any,
    task: TaskSource,
    folder: Path,
    compact: bool = True,
) -> BakedTask:
    """Bakes one task, saves it for conversion, and takes its outputs.

    The outputs are those of the whole network, so that a file is held against what
    the task had learned, however much smaller it is.

    Args:
        model: the `HyperMask` that has learned it.
        task: the task, with its arrays.
        folder: where the model goes.
        compact: whether to save it without what its mask switches off.
    """
    baked = model.bake(task=task.index, dtype="float32")
    smaller = compact_network(baked) if compact else baked
    # Of the network that the learner has, whatever comes behind it.
    named, weights, macs = version(smaller), count_weights(smaller), count_macs(smaller)
    if task.number is not None:
        baked, smaller = (in_unit(part, task.number) for part in (baked, smaller))
    path = save_for_conversion(smaller, task, folder)
    data = task.data()
    logits = keras_outputs(baked, data.test[0], task)
    return BakedTask(
        info=dataclasses.replace(task.describe(logits), version=named),
        model_path=path,
        weights=weights,
        macs=macs,
        logits=logits,
        gate_logits=keras_outputs(baked, data.gate[0], task),
        gate_split=data.gate_split,
        test_split=data.test_split,
    )


def task_info(
    task: Any,
    input_shape: tuple[int, ...],
    num_outputs: int,
    source: Mapping[str, Any],
) -> TaskInfo:
    """Returns what a device must know about a task of a scenario."""
    labels = enumerate(zip(task.classes, task.class_names, strict=True))
    return TaskInfo(
        index=int(task.index),
        name=str(task.name),
        labels=tuple(
            {"index": index, "class": label, "name": str(name)}
            for index, (label, name) in labels
            if task.number is None
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
