"""A sequence of tasks."""

import copy
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, overload

from hypermask_tf.checks import four_digits
from hypermask_tf.scenarios.task import Task


class Scenario(Sequence[Task]):
    """A named, reproducible sequence of tasks over samples of one shape.

    Args:
        name: Name of the benchmark. For registered ones,
            `scenarios.get(scenario.name, **scenario.get_config())` builds the
            same scenario again.
        tasks: The tasks, in the order in which they are learned. The task at
            position `i` must have index `i`.
        input_shape: Shape of one sample; of an image `(height, width, channels)`.
        preprocessing: JSON-able description of how raw samples become inputs, as
            far as all tasks share it; `task.preprocessing` is complete.
        config: JSON-able keyword arguments that build the scenario again, without
            those that differ between machines, such as `data_dir`.

    Attributes:
        num_tasks: Number of tasks.
        max_classes: Number of classes of the task that has most.
        predicts_numbers: Whether tasks predict a number, rather than a class.
        seed: The `seed` in `config`; `None` where the order is the natural one.

    Raises:
        ValueError: If there is no task, or a task's index is not its position.

    Example:

    >>> from hypermask_tf import scenarios
    >>> scenario = scenarios.split_digits()
    >>> len(scenario), scenario.input_shape, scenario.max_classes
    (5, (8, 8, 1), 2)
    >>> [task.classes for task in scenario][:2]
    [(0, 1), (2, 3)]
    """

    def __init__(
        self,
        name: str,
        tasks: Sequence[Task],
        *,
        input_shape: Sequence[int],
        preprocessing: Mapping[str, Any] | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> None:
        self.name = name
        self.tasks = tuple(tasks)
        indices = [task.index for task in self.tasks]
        if not indices or indices != list(range(len(indices))):
            raise ValueError(
                "Expected one or more tasks whose indices count from 0. Received: "
                f"indices={indices}. Number the tasks in the order of learning."
            )
        self.input_shape = tuple(int(size) for size in input_shape)
        self._preprocessing = dict(preprocessing or {})
        self._config = dict(config or {})

    @property
    def num_tasks(self) -> int:
        return len(self.tasks)

    @property
    def max_classes(self) -> int:
        return max(task.num_classes for task in self.tasks)

    @property
    def predicts_numbers(self) -> bool:
        return any(task.number is not None for task in self.tasks)

    @property
    def seed(self) -> int | None:
        return self._config.get("seed")

    @property
    def preprocessing(self) -> dict[str, Any]:
        return copy.deepcopy(self._preprocessing)

    def get_config(self) -> dict[str, Any]:
        """Returns the keyword arguments that build this scenario again."""
        return copy.deepcopy(self._config)

    def manifest(self) -> dict[str, Any]:
        """Returns what a run must write down about its data, ready for JSON.

        A permutation is named by its seed; the list itself, which is long, is in
        `task.preprocessing`.
        """
        return {
            "name": self.name,
            "seed": self.seed,
            "config": self.get_config(),
            "input_shape": list(self.input_shape),
            "preprocessing": self.preprocessing,
            "tasks": [_task_manifest(task) for task in self.tasks],
        }

    def describe(self) -> str:
        """Returns what is to be learned, a line a task.

        Example:

        >>> from hypermask_tf import scenarios
        >>> print(scenarios.split_digits(num_tasks=1).describe())
        split_digits: 1 task, samples (8, 8, 1)
          task_00: 2 classes (0, 1); 242 train, 27 validation, 91 test
        """
        count = f"{len(self)} task{'s' if len(self) > 1 else ''}"
        lines = [f"{self.name}: {count}, samples {self.input_shape}"]
        for task in self.tasks:
            sizes = ", ".join(f"{n} {split}" for split, n in task.sizes.items())
            lines.append(f"  {task.name}: {_labels(task)}; {sizes}")
        return "\n".join(lines)

    def __len__(self) -> int:
        return len(self.tasks)

    @overload
    def __getitem__(self, index: int) -> Task: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Task, ...]: ...

    def __getitem__(self, index: int | slice) -> Task | tuple[Task, ...]:
        return self.tasks[index]

    def __repr__(self) -> str:
        return f"<Scenario {self.name!r} tasks={len(self)} input={self.input_shape}>"


def _labels(task: Task) -> str:
    names = ", ".join(task.class_names[:8])
    if task.number is not None:
        return f"a number ({names}) of mean {four_digits(task.number.mean)}"
    more = ", …" if task.num_classes > 8 else ""
    return f"{task.num_classes} classes ({names}{more})"


def _task_manifest(task: Task) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "index": task.index,
        "name": task.name,
        "classes": list(task.classes),
        "class_names": list(task.class_names),
        **task.sizes,
    }
    if task.number is not None:
        entry["number"] = dataclasses.asdict(task.number)
    if "permutation_seed" in task.preprocessing:
        entry["permutation_seed"] = task.preprocessing["permutation_seed"]
    return entry
