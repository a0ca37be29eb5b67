"""Fits methods to a finished run as if they had been there while it learned."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from hypermask_tf.inference.registry import get
from hypermask_tf.inference.task_inference import TaskInference
from hypermask_tf.inference.task_networks import TaskNetworks


class Replayed(NamedTuple):
    """Where a replay stands.

    Attributes:
        task: The task that was fitted last.
        networks: The networks of all tasks up to it, right after it was learned.
        methods: The fitted methods by name.
    """

    task: int
    networks: TaskNetworks
    methods: dict[str, TaskInference]


def replay(
    run: Any, scenario: Any, names: Sequence[str], limit_train: int = 0
) -> Iterator[Replayed]:
    """Fits methods task by task, each with the checkpoint right after that task.

    Statistics of a task come from its own data and from the model as it was then;
    no data of another task is read for them, and none is kept. So the result is what
    fitting during training would have given.

    Args:
        run: A `training.RunFolder` with a checkpoint per task.
        scenario: What the run learned.
        names: Methods, see `inference.get`.
        limit_train: Use the first so many training samples of each task only, as the
            run did; 0 for all.

    Yields:
        A `Replayed` after every task; its methods are the same objects throughout.

    Raises:
        FileNotFoundError: If a checkpoint is missing.
        ValueError: If a checkpoint is damaged, a name unknown, or tasks predict
            numbers.

    Example:

    ```python
    run = RunFolder.open("runs/x")
    for step in replay(run, run.load_scenario(), ["entropy", "density"]):
        print(step.task, step.methods["density"].predict(x).task)
    ```
    """
    if scenario.predicts_numbers:
        raise ValueError(
            "Expected tasks of classes: whose input this is, is inferred from what "
            f"networks say of classes. Received: {scenario!r}, which predicts numbers."
        )
    methods: dict[str, TaskInference] = {}
    for task in scenario:
        classes = [other.num_classes for other in scenario]
        networks = TaskNetworks(
            run.load_model(task.index),
            task.index + 1,
            classes,
            input_shape=scenario.input_shape,
        )
        x, y = task.train
        if limit_train:
            x, y = x[:limit_train], y[:limit_train]
        held_out = task.validation
        for name in names:
            method = methods.setdefault(name, get(name, networks))
            method.networks = networks
            method.fit(task.index, x, y, held_out if len(held_out[0]) else None)
        yield Replayed(task.index, networks, methods)
