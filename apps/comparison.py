"""Runs of one benchmark side by side: methods, and how they stand to baselines."""

import dataclasses
import statistics
from collections.abc import Iterable, Mapping, Sequence

from apps.flagfiles import AUTO, BEFORE
from apps.runs import Run, group
from hypermask_tf.masks.quota import default_reuse

# What the tasks are, and the network that learns them. Runs that differ in one of these
# are not put into one table, unless it is the network and that is asked for.
_DATA = (
    "benchmark",
    "num_tasks",
    "classes_per_task",
    "class_seed",
    "class_order",
    "limit_train",
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


def network(flags: Mapping[str, str]) -> str:
    """The target network, as a table names it."""
    name = flags["target"]
    if name in ("mlp", "convnet"):
        return f"{name} {flags['hidden'].replace(',', '-')}"
    if name == "resnet":
        name += f" {flags.get('resnet_blocks', '3')} x {flags['resnet_widening']}"
        if flags.get("batch_norm", "true") == "false":
            return f"{name}, no batch norm"
        if flags.get("transductive", "false") == "true":
            return f"{name}, transductive batch norm"
    if name == "zenkenet" and flags.get("dropout", "true") == "false":
        return f"{name}, no dropout"
    return name


def title(runs: Sequence[Run]) -> str:
    """A heading for the runs of one problem."""
    run = runs[0]
    flags, results = run.flags, run.results
    text = f"{results['benchmark']}, {results['num_tasks']} tasks"
    if len(networks := _networks(runs)) == 1:
        text += f", {networks.pop()}"
    if flags.get("class_order", "natural") != "natural":
        text += f", classes in the order of {flags['class_order']}"
    if flags.get("limit_train", "0") != "0":
        text += f", first {flags['limit_train']} training samples of each task"
    return f"{text}, measured on {run.measured_on} data"


def method_name(flags: dict[str, str]) -> str:
    """What the method of these flags is called; what is default is not said."""
    head = ["a head per task"] if flags.get("head", "shared") == "per_task" else []
    baseline = flags.get("baseline", "none")
    if baseline != "none":
        what = "a dense network each" if baseline == "alone" else "one dense network"
        return ", ".join([f"{baseline}: {what}", *head])
    parts = [f"{flags['granularity']} masks", f"{flags['sparsity']} %"]
    if flags.get("threshold", "layer") != "layer":
        parts.append(f"one threshold, floor {flags['floor']} %")
    parts.append(f"protection {flags['protection']}")
    scale = flags.get("mask_scale", BEFORE["mask_scale"])
    if scale != "width" and flags["sparsity"] != "0":
        parts.append(f"mask scale {scale}")
    if flags["hypernetwork"] != "mlp":
        parts.append(flags["hypernetwork"].replace("_", " "))
    parts += head
    reuse = f"{default_reuse(flags['granularity'], flags['protection']):g}"
    for name, usual in (("reuse", reuse), ("borrow", "1"), ("read", "0")):
        given = flags.get(name, BEFORE[name])
        values = [f"{float(v):g}" for v in given.split(",") if v != AUTO]
        if set(values) - {usual}:
            parts.append(f"{name} {','.join(values)}")
    if flags.get("inherit", "none") != "none":
        parts.append(f"inherits {flags['inherit']}")
    return ", ".join(parts)


def _networks(runs: Iterable[Run]) -> set[str]:
    return {network(run.flags) for run in runs}


def compare(runs: Sequence[Run]) -> list[Entry]:
    """The methods among runs of one problem, each against the baselines there.

    Where target networks differ, names say which one it is.
    """
    methods = group(runs, lambda run: run.settings)
    names = _distinct_names(methods, len(_networks(runs)) > 1)
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
