"""From one's own samples to the tasks of a scenario."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from hypermask_tf.scenarios.number import Number
from hypermask_tf.scenarios.own.later import Later
from hypermask_tf.scenarios.own.samples import OwnSamples, Rows
from hypermask_tf.scenarios.own.splitting import split_samples
from hypermask_tf.scenarios.preprocessing import preprocess
from hypermask_tf.scenarios.scenario import Scenario
from hypermask_tf.scenarios.task import Arrays, Task

Describe = Callable[[Mapping[str, OwnSamples], Mapping[str, Rows]], dict[str, Any]]


def own_scenario(
    name: str,
    samples: Mapping[str, OwnSamples],
    describe: Describe,
    config: Mapping[str, Any],
    later: Later,
) -> Scenario:
    """Divides the samples of every task and makes a scenario of them.

    Args:
        name: Name of the scenario.
        samples: The samples of each task, by its name, in the order of learning.
        describe: Function from samples and rows to learn from, by task, to the
            description of how raw samples become inputs: what is learned for it is
            learned from these rows.
        config: Arguments that build the scenario again; `seed`, `test_size`,
            `validation_size`, `num_tasks` and `fingerprint` are obeyed here.
        later: What is known of the data from before.

    Raises:
        ValueError: If a class has too few samples, there are fewer tasks, or samples
            are of another kind than those before.
    """
    # Of forgotten tasks too: a split depends on the place of its task.
    order = list(config["fingerprint"])
    known = order[: _count(config["num_tasks"], len(order))]
    samples = {task: samples[task] for task in later.kept(order)}
    splits = {
        task: split_samples(
            own,
            task,
            test_size=config["test_size"],
            validation_size=config["validation_size"],
            seed=(config["seed"], order.index(task)),
        )
        for task, own in samples.items()
    }
    preprocessing = later.preprocessing(
        describe(samples, {t: rows["train"] for t, rows in splits.items()})
    )
    every = sorted({str(label) for own in samples.values() for label in own.labels})
    learned = later.kept(known)
    tasks = [
        _task(index, task, samples[task], splits[task], preprocessing, every)
        for index, task in enumerate(learned)
    ]
    raw = samples[learned[0]].take(np.zeros(1, int))
    later.check_width(raw)
    one = preprocess(raw, preprocessing)
    return Scenario(
        name,
        tasks,
        input_shape=one.shape[1:],
        preprocessing=preprocessing,
        config=config,
    )


def _count(num_tasks: int | None, known: int) -> int:
    if num_tasks is not None and not 1 <= num_tasks <= known:
        raise ValueError(
            f"Expected `num_tasks` from 1 to {known}, the tasks of the data. Received: "
            f"num_tasks={num_tasks}. Leave it out to use all."
        )
    return num_tasks or known


def _task(
    index: int,
    name: str,
    own: OwnSamples,
    rows: Mapping[str, Rows],
    preprocessing: Mapping[str, Any],
    every: list[str],
) -> Task:
    """A task whose classes are numbered by their place among all of the data."""
    labels = sorted({str(label) for label in own.labels})
    number = None
    if own.numbers is not None:
        number = Number.of(own.numbers[rows["train"]], name)
    elif len(labels) < 2:
        raise ValueError(
            f"Expected two or more classes in every task. Received: {name} with "
            f"{labels}. Add a class, or remove the task."
        )
    targets: npt.NDArray[Any] = (
        np.searchsorted(np.array(labels), own.labels).astype(np.int32)
        if own.numbers is None
        else own.numbers
    )
    return Task(
        index,
        [every.index(label) for label in labels],
        partial(_load, own, rows, targets, preprocessing),
        sizes={split: len(chosen) for split, chosen in rows.items()},
        preprocessing=preprocessing,
        class_names=labels,
        name=name,
        raw=lambda split: own.take(rows[split]),
        number=number,
    )


def _load(
    own: OwnSamples,
    rows: Mapping[str, Rows],
    targets: npt.NDArray[Any],
    preprocessing: Mapping[str, Any],
    split: str,
) -> Arrays:
    chosen = rows[split]
    return preprocess(own.take(chosen), preprocessing), targets[chosen]


def channel_scaling(samples: np.ndarray) -> dict[str, Any]:
    """`scale` and `offset` that give each channel of samples mean 0, deviation 1."""
    channels = samples.reshape(-1, samples.shape[-1]).astype(np.float64)
    mean, std = channels.mean(axis=0), channels.std(axis=0)
    scale = 1.0 / np.where(std > 1e-12, std, 1.0)
    return {"scale": scale.tolist(), "offset": (0.0 - mean * scale).tolist()}
