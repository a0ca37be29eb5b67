"""A router from Python: a fitted method at hand, one verified file."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hypermask_tf import checks, files
from hypermask_tf.export.convert import FLOAT32, QUANTIZATIONS
from hypermask_tf.export.preparation import check_packages
from hypermask_tf.export.router import RouterError, TestSet, router_name
from hypermask_tf.export.router import export_router as export
from hypermask_tf.export.router_facts import router_facts
from hypermask_tf.inference import TaskInference, decision_model
from hypermask_tf.tasks.task_names import TaskLike


def export_router(
    method: TaskInference,
    folder: str | os.PathLike[str],
    *,
    test: Mapping[TaskLike, Any],
    labels: Mapping[TaskLike, Sequence[str]] | None = None,
    preprocessing: Mapping[str, Any] | None = None,
    quantization: str = FLOAT32,
    coverage: float = 0.95,
    max_accuracy_drop: float = 0.002,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Writes one `.tflite` file that tells task, class and confidence by itself.

    All networks and the statistics of the method are inside. The file takes one input
    and returns four numbers: task, class within it, confidence in both, and evidence
    for the task. It gets its name only after LiteRT ran it over all test data, one
    example at a time, and it decided as Keras does. What `hypermask export-router`
    does for a run, this does for a method at hand.

    Args:
        method: Of `hm.inference.get`, fitted on every task.
        folder: Where `router.tflite` and its JSON go.
        test: By index or name of every task `(x, y)`, on which the file is verified:
            samples `(n, ...)` and their classes `(n,)`.
        labels: By the same, names of the classes. Defaults to their numbers.
        preprocessing: How raw data becomes an input, for whoever reads the file.
        quantization: How weights are stored; any way that needs no examples:
            `"float32"`, `"float16"`, `"weight_int8"`, `"dynamic_int8"`, `"mixed"` or
            `"int4"`.
        coverage: Share of validation data that the thresholds in the JSON keep.
        max_accuracy_drop: How much accuracy it may lose against Keras, as a fraction.
        overwrite: Whether a router that is there is replaced.

    Returns:
        What the JSON beside the file holds.

    Raises:
        ValueError: If data or labels do not fit the tasks, or the file is not good.
        FileExistsError: If there is one and `overwrite` is false.
        ImportError: If a package is missing.

    Example:

    ```python
    method = hm.inference.get("density", hm.inference.TaskNetworks(model))
    for task, (x, y) in enumerate(training_data):
        method.fit(task, x, y)
    hm.export.export_router(method, "out", test=dict(enumerate(test_data)))
    ```
    """
    checks.check_part("method", method, TaskInference)
    checks.check_choice("quantization", quantization, QUANTIZATIONS)
    check_packages([FLOAT32])
    tests = _by_index("test", test, method)
    named = _by_index("labels", labels or {}, method)
    root = files.expanded(folder)
    name = router_name(quantization)
    taken = root / f"{name}.tflite"
    if taken.exists() and not overwrite:
        raise FileExistsError(f"{taken} exists. Pass overwrite=True to replace it.")
    facts = router_facts(
        method,
        _tasks(method, named),
        coverage,
        np.asarray(tests[0][0]).shape[1:],
        preprocessing or {},
        {},
    )
    try:
        return export(
            decision_model(method),
            facts,
            _test_set(tests),
            quantization,
            Path(root),
            name,
            max_accuracy_drop,
        )
    except RouterError as error:
        raise ValueError(
            f"Expected a file that decides as Keras does. Received: {error}"
        ) from error


def _by_index(
    what: str, given: Mapping[TaskLike, Any], method: TaskInference
) -> dict[int, Any]:
    """What was given for each task, by its index; nothing, or all of them."""
    names = list(method.networks.names)
    known = list(range(method.networks.num_tasks))
    found = {
        names.index(task) if task in names else task: value
        for task, value in given.items()
    }
    missing = [task for task in known if task not in found]
    other = [task for task in found if task not in known]
    if other or (missing and (given or what == "test")):
        raise ValueError(
            f"Expected `{what}` of every task, {known} or {names}. Received: "
            f"{what} of {list(given)}."
        )
    return {int(task): value for task, value in sorted(found.items())}


def _tasks(method: TaskInference, named: Mapping[int, Any]) -> list[dict[str, Any]]:
    tasks = []
    for index, count in enumerate(method.networks.classes):
        labels = [str(label) for label in named.get(index, range(count))]
        if len(labels) != count:
            raise ValueError(
                f"Expected names for the {count} classes of task {index}. Received: "
                f"labels={labels}"
            )
        tasks.append(
            {
                "index": index,
                "name": method.networks.names[index],
                "labels": [{"label": i, "name": n} for i, n in enumerate(labels)],
            }
        )
    return tasks


def _test_set(tests: Mapping[int, Any]) -> TestSet:
    truth = [
        np.stack([np.full(len(y), task), np.reshape(y, -1)], axis=1)
        for task, (_, y) in tests.items()
    ]
    x = np.concatenate([np.asarray(x, "float32") for x, _ in tests.values()])
    return TestSet(x, np.concatenate(truth))
