"""Whether a sequence of tasks can be learned as asked."""

from collections.abc import Iterable, Sequence
from typing import Any

import keras

from hypermask_tf.distribution import replicas
from hypermask_tf.protection import WeightPenalty
from hypermask_tf.scenarios import Task
from hypermask_tf.scenarios.recorded_task import RecordedTask

SELECTIONS = ("last", "best")
LOOPS = ("fit", "device")
CLASS_WEIGHTS = ("none", "balanced")


def at_hand(scenario: Iterable[Task]) -> list[Task]:
    """The tasks whose data can be read; the others were learned before."""
    return [task for task in scenario if not isinstance(task, RecordedTask)]


def check_steps(steps_per_task: int, epoch_steps: int) -> None:
    """Raises a ValueError if a task does not end with an epoch."""
    if steps_per_task % epoch_steps:
        raise ValueError(
            "`steps_per_task` must be a multiple of `epoch_steps`. Received: "
            f"steps_per_task={steps_per_task}, epoch_steps={epoch_steps}"
        )


def check_choice(name: str, value: str, choices: Sequence[str]) -> None:
    """Raises a ValueError if `value` is not among `choices`."""
    if value not in choices:
        raise ValueError(
            f"`{name}` must be one of {list(choices)}. Received: {name}={value!r}"
        )


def check_growth(factor: float) -> None:
    """Raises a ValueError if layers would not grow."""
    if factor != 0 and not 1 < factor < 100:
        raise ValueError(
            "`grow` is a factor above 1, or 0 for a network that keeps its size. "
            f"Received: grow={factor}"
        )


def check_patience(epochs: int) -> None:
    """Raises a ValueError if there is no such number of epochs to wait."""
    if epochs < 0:
        raise ValueError(
            f"`patience` is a number of epochs, 0 for none. Received: patience={epochs}"
        )


def check_weights(class_weight: str, loop: str) -> None:
    """Raises a ValueError if the loop knows no weights of samples."""
    if class_weight != "none" and loop == "device":
        raise ValueError(
            'The device loop has no weights of samples. Take `loop="fit"`. Received: '
            f"class_weight={class_weight!r}, loop={loop!r}"
        )


def check_of_numbers(class_weight: str, inherit: str | int, model: Any) -> None:
    """Raises a ValueError if a choice needs classes, where a number is predicted."""
    asked = {
        'class_weight="balanced"': class_weight != "none",
        'inherit="nearest"': inherit == "nearest",
        f"outliers={model.outliers!r}": model.outliers is not None,
    }
    for choice, there in asked.items():
        if there:
            raise ValueError(
                f"Expected tasks of classes. Received: {choice}, and tasks that "
                "predict a number. Leave it out."
            )


def check_can_grow(model: Any) -> None:
    """Raises a ValueError if it is not known where a learner runs out of units."""
    if not (model.state.layout.over_units and model.protection.tracks_use):
        raise ValueError(
            "`grow` needs `UnitMasks()` and a protection that tracks use, `Freeze()` "
            f'or `WeightPenalty(on="used")`. Received: masks={model.masks!r}, '
            f"protection={model.protection!r}"
        )


def check_restart(model: Any, grow: float) -> None:
    """Raises a ValueError if something would pull fresh weights back to old ones."""
    if model.protection != WeightPenalty(0.0, on="all") or grow:
        raise ValueError(
            "`restart` needs a learner that protects nothing and keeps its size: "
            '`protection=WeightPenalty(0.0, on="all")`, and no `grow`. '
            f"Received: protection={model.protection!r}, grow={grow}"
        )


def check_sizes(task: Task, batch_size: int, limit_train: int, measure: str) -> None:
    """Raises a ValueError if a task lacks samples to learn from or measure on."""
    if limit_train < 0:
        raise ValueError(
            "`limit_train` is a number of samples, 0 for all. "
            f"Received: limit_train={limit_train}"
        )
    size = min(task.sizes["train"], limit_train or task.sizes["train"])
    if size < batch_size:
        raise ValueError(
            "A batch must not be larger than a task's training data. Received: "
            f"batch_size={batch_size}, {task.name} has {size}"
        )
    if not task.sizes[measure]:
        raise ValueError(
            f"{task.name} has no {measure} samples to measure on. Set some of its "
            f"training data aside, or measure on other data. Received: {measure=}"
        )


def check_validation(
    model: Any,
    scenario: Iterable[Task],
    select: str,
    plateau: bool,
    patience: int = 0,
) -> None:
    """Raises a ValueError if nothing can be chosen on validation data as asked."""
    check_choice("select", select, SELECTIONS)
    if select == "last" and not plateau and not patience:
        return
    for task in scenario:
        if not task.sizes["validation"]:
            raise ValueError(
                '`select="best"`, `plateau` and `patience` need validation samples, '
                f"and {task.name} has none. Set some of its training data aside. "
                f"Received: select={select!r}, plateau={plateau}, patience={patience}"
            )
    rate = model.optimizer.get_config()["learning_rate"] if plateau else 0.0
    if not isinstance(rate, int | float):
        raise ValueError(
            "`plateau` lowers a constant learning rate, not one with a schedule of its "
            f"own. Received: learning_rate={rate}"
        )


def check_device_loop(model: Any) -> None:
    """Raises a ValueError if `model` cannot learn in a `DeviceLoop`.

    That is without compiled steps, or on several devices: each of those has a part of
    a batch, and none all samples.
    """
    if keras.backend.backend() not in ("tensorflow", "jax"):
        raise ValueError(
            "The device loop needs the TensorFlow or the JAX backend; on others `fit` "
            "with `steps_per_execution` does. "
            f"Received: backend={keras.backend.backend()!r}"
        )
    if model.run_eagerly:
        raise ValueError(
            "The device loop compiles its steps. Compile the model without "
            "`run_eagerly`."
        )
    count = replicas.of(model)
    if count > 1:
        raise ValueError(
            'The device loop keeps the samples on one device. Take `loop="fit"` to '
            f"learn on several. Received: a model with {count} replicas"
        )
    shared = keras.distribution.distribution()
    if shared is not None:
        raise ValueError(
            'The device loop keeps the samples on one device. Take `loop="fit"` to '
            f"learn on several. Received: {type(shared).__name__} over "
            f"{shared.device_mesh.devices.size} devices"
        )
