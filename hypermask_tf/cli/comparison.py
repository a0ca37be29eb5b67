"""Runs of one benchmark side by side: methods, and how they stand to baselines."""

import dataclasses
import statistics
from collections.abc import Iterable, Sequence

from hypermask_tf.cli.flagfiles import BEFORE
from hypermask_tf.cli.naming import method_name, network, networks_of
from hypermask_tf.cli.runs import Run, group

# What the tasks are, and the network that learns them. Runs that differ in one of these
# are not put into one table, unless it is the network and that is asked for.
_DATA = (
    "benchmark",
    "num_tasks",
    "classes_per_task",
    "class_seed",
    "class_order",
    "limit_train",
    # Of one's own data: which, how they are read, and how they are divided.
    *("data", "image_size", "color_mode", "window", "overlap", "sample_rate"),
    *("features", "mirror", "label_column", "task_column", "ignore_columns"),
    *("categories", "group_pattern", "group_column", "split_column"),
    *("split_seed", "test_size", "validation_size"),
)
_NETWORK = (
    "target",
    "hidden",
    "initializer",
    "resnet_blocks",
    "resnet_widening",
    "batch_norm",
    "transductive",
    "dropout",
)
# What a method and a baseline must have in common beyond that.
_BUDGET = ("steps_per_task", "batch_size")


@dataclasses.dataclass(frozen=True)
class Entry:
    """One method: the runs that differ in their seed only.

    Args:
        name: What it is called, from its flags.
        runs: Its runs.
        over_alone: Forward transfer against networks alone, one value per run; empty
            where there is no such baseline.
        over_finetune: The same against fine-tuning.
    """

    name: str
    runs: list[Run]
    over_alone: list[float]
    over_finetune: list[float]


def problem(run: Run, across_networks: bool = False) -> tuple[tuple[str, str], ...]:
    """What a run was about; runs that agree in it are compared.

    Args:
        run: The run.
        across_networks: Whether target networks may differ.
    """
    names = _DATA if across_networks else _DATA + _NETWORK
    chosen = [(flag, run.flags.get(flag, BEFORE.get(flag, ""))) for flag in names]
    return (*chosen, ("measured_on", run.measured_on))


def compare(runs: Sequence[Run]) -> list[Entry]:
    """The methods among runs of one problem, each against the baselines there.

    Where target networks differ, names say which one it is.
    """
    methods = group(runs, lambda run: run.settings)
    names = _distinct_names(methods, len(networks_of(runs)) > 1)
    return [
        Entry(
            name,
            method,
            _transfer(method, _baseline(methods, method, "alone")),
            _transfer(method, _baseline(methods, method, "finetune")),
        )
        for name, method in sorted(zip(names, methods, strict=True), key=_order)
    ]


def _order(named: tuple[str, list[Run]]) -> tuple[bool, str]:
    """Baselines first."""
    return named[1][0].flags.get("baseline", "none") == "none", named[0]


def _distinct_names(methods: Sequence[list[Run]], networks: bool) -> list[str]:
    """Names, with the flags that tell apart those who would share one."""
    named = []
    for method in methods:
        flags = method[0].flags
        name = method_name(flags)
        named.append((f"{name}, {network(flags)}" if networks else name, flags))
    return [
        ", ".join([name, *_differing(flags, [f for n, f in named if n == name])])
        for name, flags in named
    ]


def _differing(flags: dict[str, str], others: Sequence[dict[str, str]]) -> list[str]:
    return [
        f"{flag} {value}"
        for flag, value in sorted(flags.items())
        if flag != "seed" and any(other.get(flag) != value for other in others)
    ]


def _baseline(
    methods: Sequence[list[Run]], method: list[Run], kind: str
) -> list[float] | None:
    """Accuracy of a baseline on each task right after learning it, mean over seeds.

    Of several that fit, the one that learns best: a method should not look good for
    want of a good baseline.
    """
    flags = method[0].flags
    if flags.get("baseline", "none") == kind:
        return None
    fitting = [
        other
        for other in methods
        if other[0].flags.get("baseline", "none") == kind
        and all(other[0].flags.get(flag) == flags.get(flag) for flag in _BUDGET)
    ]
    if not fitting:
        return None
    best = max(fitting, key=lambda r: statistics.mean(x.learning_accuracy for x in r))
    by_task = list(zip(*(run.learned for run in best), strict=True))
    if any(value is None for values in by_task for value in values):
        return None
    return [statistics.mean(values) for values in by_task]


def _transfer(runs: Iterable[Run], baseline: list[float] | None) -> list[float]:
    """Mean over tasks but the first of what a run gains over the baseline."""
    if baseline is None or len(baseline) < 2:
        return []
    gains = []
    for run in runs:
        pairs = list(zip(run.learned[1:], baseline[1:], strict=True))
        if all(own is not None for own, _ in pairs):
            gains.append(statistics.mean(own - other for own, other in pairs))  # type: ignore[operator]
    return gains
