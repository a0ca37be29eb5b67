"""Class-wise division of a data set into tasks."""

from collections.abc import Mapping, Sequence
from functools import partial
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt

from hypermask_tf.scenarios.preprocessing import preprocess
from hypermask_tf.scenarios.raw_data import RawData
from hypermask_tf.scenarios.seeding import random_permutation
from hypermask_tf.scenarios.task import Arrays, Task
from hypermask_tf.scenarios.validation import split_validation

Indices = npt.NDArray[np.int64]


def divide_classes(
    labels: Sequence[int],
    classes_per_task: int | Sequence[int],
    *,
    seed: int | None = None,
    num_tasks: int | None = None,
    class_order: Sequence[int] | None = None,
) -> list[tuple[int, ...]]:
    """Deals the classes of a data set out to tasks.

    Args:
        labels: All labels, in natural order.
        classes_per_task: Number of classes of every task, or one number per task.
        seed: `None` for the natural order of classes; an integer shuffles them.
        num_tasks: Keep only that many tasks from the start of the sequence.
        class_order: All labels in an order of their own, instead of a seed.

    Returns:
        The labels of each task.

    Raises:
        ValueError: If the numbers do not use up all classes, `num_tasks` is larger
            than the number of tasks, or the order is not one of the labels.

    Example:

    >>> from hypermask_tf.scenarios.class_split import divide_classes
    >>> divide_classes([0, 1, 2, 3, 4], [2, 3])
    [(0, 1), (2, 3, 4)]
    """
    sizes = _task_sizes(len(labels), classes_per_task)
    if num_tasks is not None and not 1 <= num_tasks <= len(sizes):
        raise ValueError(
            f"Expected `num_tasks` from 1 to {len(sizes)}, the tasks that "
            f"{len(labels)} classes make. Received: num_tasks={num_tasks}. Leave it "
            "out to use all."
        )
    order = np.asarray(labels)
    if class_order is not None:
        if seed is not None or sorted(class_order) != sorted(labels):
            raise ValueError(
                "Expected `class_order` to hold each of the "
                f"{len(labels)} labels once, and no seed beside it. Received: "
                f"class_order={list(class_order)}, "
                f"seed={seed}."
            )
        order = np.asarray(class_order)
    if seed is not None:
        order = order[random_permutation(len(labels), seed)]
    groups = np.split(order, np.cumsum(sizes)[:-1])
    return [tuple(group.tolist()) for group in groups[:num_tasks]]


def _task_sizes(total: int, classes_per_task: int | Sequence[int]) -> list[int]:
    if isinstance(classes_per_task, Integral):
        each = int(classes_per_task)
        if each < 1 or total % each:
            raise ValueError(
                f"Expected `classes_per_task` to divide the {total} classes. Received: "
                f"classes_per_task={each}. Use a divisor, or a list with the number of "
                "classes of each task."
            )
        return [each] * (total // each)
    sizes = [int(size) for size in classes_per_task]  # type: ignore[union-attr]
    if not sizes or min(sizes) < 1 or sum(sizes) != total:
        raise ValueError(
            f"Expected `classes_per_task` to add up to the {total} classes. Received: "
            f"classes_per_task={sizes}, which add up to {sum(sizes)}. Change the list; "
            "use `num_tasks` to leave out tasks at the end."
        )
    return sizes


def class_tasks(
    data: RawData,
    classes_per_task: int | Sequence[int],
    preprocessing: Mapping[str, Any],
    *,
    num_tasks: int | None,
    seed: int | None,
    validation_size: int | float,
    validation_from: str,
    class_order: Sequence[int] | None = None,
) -> list[Task]:
    """Makes the tasks of a class-wise split; see `from_arrays` for the arguments."""
    tasks = []
    groups = divide_classes(
        data.labels,
        classes_per_task,
        seed=seed,
        num_tasks=num_tasks,
        class_order=class_order,
    )
    for index, classes in enumerate(groups):
        train, validation = split_validation(
            np.flatnonzero(np.isin(data.y_train, classes)),
            data.y_train,
            validation_size,
            validation_from,
            seed=(seed or 0, index),
        )
        rows = {
            "train": train,
            "validation": validation,
            "test": np.flatnonzero(np.isin(data.y_test, classes)),
        }
        _check_rows(rows, classes)
        tasks.append(
            Task(
                index,
                classes,
                partial(load_rows, data, rows, classes, preprocessing),
                sizes={split: len(chosen) for split, chosen in rows.items()},
                preprocessing=preprocessing,
                class_names=[data.class_names[label] for label in classes],
            )
        )
    return tasks


def _check_rows(rows: Mapping[str, Indices], classes: Sequence[int]) -> None:
    if not len(rows["test"]):
        raise ValueError(
            "Expected test samples for every task. Received: no test sample with one "
            f"of the labels {list(classes)}. Add some, or leave these classes out."
        )


def load_rows(
    data: RawData,
    rows: Mapping[str, Indices],
    classes: Sequence[int],
    preprocessing: Mapping[str, Any],
    split: str,
) -> Arrays:
    """Makes the arrays of one split of one task from the shared source arrays."""
    chosen = rows[split]
    images = data.x_test if split == "test" else data.x_train
    labels = data.y_test if split == "test" else data.y_train
    # `order[position]` is the new label of the class at that sorted position.
    order = np.argsort(classes)
    positions = np.searchsorted(np.asarray(classes)[order], labels[chosen])
    return preprocess(images[chosen], preprocessing), order[positions].astype(np.int32)
