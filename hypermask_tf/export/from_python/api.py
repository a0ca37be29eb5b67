"""Export from Python: a learner at hand, one's own arrays, verified files."""

import dataclasses
import os
from collections.abc import Mapping, Sequence
from typing import Any

from hypermask_tf import checks, files
from hypermask_tf.export.export_options import ExportOptions
from hypermask_tf.export.from_python.choices import GateChoice
from hypermask_tf.export.from_python.export import export_sources
from hypermask_tf.export.from_python.given_task import GivenTask, given_source
from hypermask_tf.export.judge import MAX_DROP
from hypermask_tf.export.preparation import check_packages, checked_tasks
from hypermask_tf.export.quantize.recipe import FLOAT32, QUANTIZATIONS, get
from hypermask_tf.export.refusal import check_numbers_only
from hypermask_tf.export.report import ExportReport
from hypermask_tf.export.variant import VariantOptions
from hypermask_tf.learner import HyperMask
from hypermask_tf.tasks.task_names import TaskLike

Folder = str | os.PathLike[str]


def export_task(
    model: HyperMask,
    task: TaskLike,
    folder: Folder,
    *,
    validation: Any,
    test: Any = None,
    representative: Any = None,
    labels: Any = None,
    preprocessing: Mapping[str, Any] | None = None,
    quantizations: str | Sequence[str] = (FLOAT32,),
    metric: Any = None,
    max_drop: Any = None,
    higher_is_better: bool | None = None,
    budget_bytes: int | None = None,
    compact: bool = True,
    sparse: bool = True,
    integer_io: bool = False,
    latency: bool = True,
    overwrite: bool = False,
) -> ExportReport:
    """Writes the network of one task as verified `.tflite` files.

    Each way of storing weights that is asked for becomes one file with a JSON beside
    it, `task_00.int8.tflite` and `task_00.int8.json`, and `report.json` describes all
    files of the folder. A file gets its name only after LiteRT ran it, one example at
    a time, over all data that is given, and it was as good as Keras on the validation
    data. Where it is not, the next safer way takes its place, with a warning. What
    `hypermask export` does for a run, this does for a learner at hand.

    Args:
        model: The learner.
        task: A task that it has learned, by index or name. Files are numbered; the JSON
            beside each holds the name.
        folder: Where the files go. Files of other tasks there stay.
        validation: `(x, y)` in the form that `fit` takes: arrays, and lists or
            dictionaries of them; or a data set of such batches. It decides whether a
            file is good.
        test: The same; it is reported and decides nothing. None reports the
            validation data.
        representative: Inputs that set the ranges of activations for `"int8"`; None
            for 256 of the validation data.
        labels: Names of the classes, in the order of the outputs; of several outputs a
            dictionary by name. None for their numbers.
        preprocessing: How raw data becomes an input, for whoever reads the file; with
            `scale` and `offset` public tools know it too.
        quantizations: How weights are stored, one file each: some of `"float32"`,
            `"float16"`, `"weight_int8"`, `"dynamic_int8"`, `"int8"`, `"mixed"` and
            `"int4"`, or `"all"`.
        metric: What decides whether a file is as good as Keras: a metric of Keras or
            its name; of several outputs a dictionary by name. None takes what suits the
            loss: accuracy for classes, binary accuracy for yes and no, R² for numbers,
            for any other loss its own value.
        max_drop: How much worse than Keras a file may be, in the unit of the metric; of
            several outputs perhaps a dictionary by name. None for 0.005 where more is
            better, and 2 % of what Keras reaches where less is.
        higher_is_better: Whether more of `metric` is better. None asks the metric,
            which Keras's own can answer.
        budget_bytes: Keep only the best file that takes no more.
        compact: Whether to remove what the task's mask switches off.
        sparse: Whether zeros are left out where that makes a file smaller.
        integer_io: Whether files of `"int8"` take and give int8.
        latency: Whether to measure latencies.
        overwrite: Whether files of the task are replaced.

    Returns:
        A report: `files`, the JSON of every good file in the folder, `written`, the
        names of those of this call, `rejected`, what was replaced and why.

    Raises:
        ValueError: If data, labels or options do not fit the network, it cannot be
            converted (the message names the layer), or no file is good.
        FileExistsError: If files exist and `overwrite` is false.
        ImportError: If a package is missing.

    Whatever it raises, the folder is as before the call.

    Example:

    >>> import tempfile, keras, numpy as np, hypermask_tf as hm
    >>> sensor, dense = keras.Input((4,), name="sensor"), keras.layers.Dense
    >>> target = keras.Sequential([sensor, dense(8, "relu"), dense(2, name="logits")])
    >>> model = hm.HyperMask(target, num_tasks=1)
    >>> loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    >>> model.compile("adam", loss, run_eagerly=True)
    >>> x, y = np.eye(4, dtype="float32"), np.array([0, 1, 0, 1])
    >>> history = model.fit(x, y, task=0, verbose=0)
    >>> folder = tempfile.mkdtemp()
    >>> report = hm.export.export_task(
    ...     model, 0, folder, validation=(x, y), labels=["off", "on"], latency=False
    ... )
    >>> report.written, report.files[0]["input"]["name"]
    (('task_00.tflite',), 'sensor')
    """
    given = GivenTask(validation, test, representative, labels, preprocessing)
    return export_tasks(
        model,
        {task: given},
        folder,
        quantizations=quantizations,
        metric=metric,
        max_drop=max_drop,
        higher_is_better=higher_is_better,
        budget_bytes=budget_bytes,
        compact=compact,
        sparse=sparse,
        integer_io=integer_io,
        latency=latency,
        overwrite=overwrite,
    )


def export_tasks(
    model: HyperMask,
    tasks: Mapping[TaskLike, Any],
    folder: Folder,
    *,
    quantizations: str | Sequence[str] = (FLOAT32,),
    metric: Any = None,
    max_drop: Any = None,
    higher_is_better: bool | None = None,
    budget_bytes: int | None = None,
    compact: bool = True,
    sparse: bool = True,
    integer_io: bool = False,
    latency: bool = True,
    overwrite: bool = False,
    one_file: bool = False,
) -> ExportReport:
    """Writes the networks of several tasks as verified `.tflite` files.

    Args:
        model: The learner.
        tasks: By index or name of the task its data: a dictionary of `validation`,
            `test`, `representative`, `labels` and `preprocessing` as in `export_task`,
            or `(x, y)` of its validation data alone.
        folder: Where the files go.
        one_file: Whether all tasks of the folder are put into one file as well, for
            each of `quantizations`: `all_tasks.int8.tflite`, with a signature a task,
            of its name, whose outputs are those of the separate file to the bit.
            What tasks share is stored once in it.
        quantizations, metric, max_drop, and all others: As in `export_task`.

    Returns:
        A report over the folder, see `export_task`; `one_files` is the JSON of the
        files of all tasks.

    Raises:
        ValueError: As `export_task`, or a task has no file of a kind that all tasks
            are to be put together of; then no file of any task is written.
        TypeError: If a task's data has an unknown part.
        FileExistsError: If files exist and `overwrite` is false.
        ImportError: If a package is missing.
    """
    checks.check_part("model", model, HyperMask)
    recipes = _recipes(quantizations)
    check_packages(recipes)
    data = _by_index(model, tasks)
    check_numbers_only(model.target)
    gate = GateChoice(metric, max_drop, higher_is_better)
    sources = {
        index: given_source(model, index, _given_task(data[index]), gate)
        for index in checked_tasks(list(data), model.state.tasks)
    }
    drop = MAX_DROP if max_drop is None or isinstance(max_drop, Mapping) else max_drop
    options = ExportOptions(
        quantizations=recipes,
        overwrite=overwrite,
        compact=compact,
        variant=VariantOptions(float(drop), integer_io, sparse),
        budget_bytes=budget_bytes,
        latency=latency,
        workers=1,
        one_file=one_file,
    )
    return export_sources(model, sources, files.expanded(folder), options)


def _by_index(model: HyperMask, tasks: Mapping[TaskLike, Any]) -> dict[int, Any]:
    if not isinstance(tasks, Mapping):
        raise TypeError(
            'Expected the data of tasks as a dictionary, {task: {"validation": (x, y), '
            f"...}}}}, and the folder behind it. Received: tasks={tasks!r}"
        )
    found: dict[int, Any] = {}
    for task, data in tasks.items():
        index = model.state.index(task)
        if index in found:
            raise ValueError(
                f"Expected the data of each task once. Received: task {index} twice, "
                f"the second time as {task!r}"
            )
        found[index] = data
    return found


def _recipes(quantizations: str | Sequence[str]) -> tuple[str, ...]:
    if quantizations == "all":
        return QUANTIZATIONS
    names = [quantizations] if isinstance(quantizations, str) else list(quantizations)
    wanted = {get(name).name for name in names}
    if not wanted:
        raise ValueError(
            f"Expected some of {list(QUANTIZATIONS)}, or 'all'. Received: "
            f"quantizations={quantizations!r}"
        )
    return tuple(name for name in QUANTIZATIONS if name in wanted)


def _given_task(data: Any) -> GivenTask:
    if isinstance(data, GivenTask):
        return data
    if not isinstance(data, Mapping):
        return GivenTask(data)
    known = [field.name for field in dataclasses.fields(GivenTask)]
    unknown = sorted(set(data) - set(known))
    if unknown or "validation" not in data:
        raise TypeError(
            f"Expected the data of a task to have `validation`, and some of {known}. "
            f"Received: {sorted(data)}"
        )
    return GivenTask(**data)
