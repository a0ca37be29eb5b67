"""Bake one task of a run, and ask its Keras model about the test set."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from export.sidecar import TaskInfo, WeightCount

KERAS_BATCH = 256


@dataclasses.dataclass(frozen=True)
class BakedTask:
    """A baked task on disk, with what its Keras model says about the test set."""

    info: TaskInfo
    model_path: Path
    weights: WeightCount
    logits: np.ndarray


def bake_task(
    model: Any,
    task: Any,
    source: Mapping[str, Any],
    folder: Path,
    compact: bool = True,
) -> BakedTask:
    """Bakes one task, saves it as `.keras`, and takes its logits on the test set.

    The logits are those of the whole network, so that a file is held against what
    the task had learned, however much smaller it is.

    Args:
        model: the `HyperMask` of the run.
        task: the task of the scenario.
        source: the run it comes from, for the JSON.
        folder: where the `.keras` file goes.
        compact: whether to save it without what its mask switches off. A subclassed
            target has no graph to remove anything from, and is saved whole.
    """
    import keras

    from hypermask_tf.compaction import compact as compacted
    from hypermask_tf.units.keras_graph import is_graph

    x, _ = task.test
    baked = model.bake(task=task.index, dtype="float32")
    path = folder / f"task_{task.index:02d}.keras"
    smaller = compacted(baked) if compact and is_graph(baked) else baked
    smaller.save(path)
    logits = [
        keras.ops.convert_to_numpy(baked(x[i : i + KERAS_BATCH], training=False))
        for i in range(0, len(x), KERAS_BATCH)
    ]
    return BakedTask(
        info=task_info(task, x.shape[1:], logits[0].shape[-1], source),
        model_path=path,
        weights=count_weights(smaller),
        logits=np.concatenate(logits),
    )


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
    """Returns which run a file comes from: its benchmark and seed."""
    return {"benchmark": scenario.name, "seed": run.manifest().get("seed")}


def count_weights(model: Any) -> WeightCount:
    """Counts the numbers in a Keras model, and those that are exactly 0."""
    weights = [w.numpy() for w in model.weights if "float" in str(w.dtype)]
    return WeightCount(
        parameters=sum(w.size for w in weights),
        zeros=sum(int(np.count_nonzero(w == 0)) for w in weights),
    )
