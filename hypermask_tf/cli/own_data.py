"""From the flags of one's own data to a scenario, and to choices that suit it."""

import math
import os
from collections.abc import Mapping
from typing import Any

from absl import flags

from hypermask_tf import scenarios, targets
from hypermask_tf.cli.train_flags import own_data as f

# Flags of benchmarks alone.
_OF_BENCHMARKS = (
    "benchmark",
    "classes_per_task",
    "class_seed",
    "class_order",
    "download",
)
# By kind of samples: the network, and the widths of its layers for one task.
_NETWORKS: Mapping[str, tuple[str, tuple[int, ...]]] = {
    "image": ("convnet", (8, 16, 32)),
    "window": ("conv1d", (16, 32, 32)),
    "sound": ("conv1d", (16, 32, 32)),
    "table": ("mlp", (32, 32)),
}
# More tasks than that share units.
_MOST_ALONE = 10
_BATCH = 32


def check_source(values: flags.FlagValues) -> None:
    """Refuses flags of benchmarks beside those of one's own data.

    Raises:
        ValueError: If flags of both are given.
    """
    own = [flag.name for flag in _own(values) if flag.name != "data" and flag.present]
    if values["data"].value is None:
        if own:
            raise ValueError(
                f"Expected --data=PATH beside --{own[0]}, which says how your own data "
                "are read. Received: no --data."
            )
        return
    # A flagfile of a run names every choice, most of them as they are by default.
    both = [
        name
        for name in _OF_BENCHMARKS
        if values[name].present
        and (name == "benchmark" or values[name].value != values[name].default)
    ]
    if both:
        raise ValueError(
            f"Expected --data, or --benchmark and its choices. Received: --data and "
            f"--{both[0]}. Leave one out."
        )


def own_scenario(values: flags.FlagValues) -> scenarios.Scenario:
    """The scenario of the data that `--data` names; the flag is absolute from then on.

    Raises:
        FileNotFoundError: If they are not there.
        ValueError: If they are not as docs/data.md describes.
    """
    options: dict[str, Any] = {
        flag.name: flag.value for flag in _own(values) if flag.name != "data"
    }
    values["data"].value = os.path.abspath(str(values["data"].value))
    options["seed"] = options.pop("split_seed")
    options["num_tasks"] = values["num_tasks"].value or None
    if options["image_size"] is not None:
        sides = [int(side) for side in options["image_size"]]
        options["image_size"] = sides * 2 if len(sides) == 1 else sides
    return scenarios.from_path(values["data"].value, **options)


def choose(values: flags.FlagValues, scenario: scenarios.Scenario) -> str:
    """Sets flags that were not given to what suits the data; says what it chose.

    Finished tasks are frozen, and each has units and a head of its own: a product's
    files are to stay what they are. The network is as many times as wide as there are
    tasks, so that all find room.
    """
    chosen = {
        name: value
        for name, value in _choices(values, scenario).items()
        if not values[name].present
    }
    for name, value in chosen.items():
        values[name].value = value
    texts = (
        f"--{name}={','.join(value) if isinstance(value, list) else value}"
        for name, value in chosen.items()
    )
    return " ".join(texts)


def _choices(values: flags.FlagValues, scenario: scenarios.Scenario) -> dict[str, Any]:
    kind = scenario.preprocessing["kind"]
    smallest = min(task.sizes["train"] for task in scenario)
    room = min(scenario.num_tasks, _MOST_ALONE)
    masked = {
        "protection": "hard",
        "head": "per_task",
        "activation": "binary",
        "sparsity": [f"{100 * (1 - 1 / room):g}"],
    }
    on_base = values["base"].value != "none"
    found: dict[str, Any] = {
        **({} if on_base else masked),
        "batch_size": min(_BATCH, smallest),
        "steps_per_task": 600,
        "learning_rate": 3e-3,
        "measure_unseen": False,
    }
    if values["reset_optimizer"].value and not values["plateau"].value:
        found["schedule"] = "cosine"  # the others need a constant rate
    if "log_mel" in scenario.preprocessing:
        found["augment_bands"] = scenario.input_shape[-1] // 5
    if targets.is_own(str(values["target"].value)):
        return found if on_base else {**found, "learning_rate": 1e-3}
    if kind in _NETWORKS:
        target, widths = _NETWORKS[kind]
        found["target"] = target
        if values["target"].value == target or not values["target"].present:
            found["hidden"] = [
                str(width * room) for width in _fitting(widths, scenario)
            ]
    elif not values["target"].present:
        raise ValueError(
            f"Expected --target for samples of kind {kind}. Received: none. Tokens "
            "need a network of yours that begins with keras.layers.Embedding."
        )
    return found


def _fitting(widths: tuple[int, ...], scenario: scenarios.Scenario) -> tuple[int, ...]:
    """Fewer stages for pictures that cannot be halved so often."""
    if len(scenario.input_shape) != 3:
        return widths
    stages = int(math.log2(min(scenario.input_shape[:2])))
    return (*widths[:-1][: max(1, stages)], widths[-1])


def _own(values: flags.FlagValues) -> list[flags.Flag]:
    return list(values.get_key_flags_for_module(f.__name__))
