"""What tables call the networks, problems and methods of runs."""

from collections.abc import Iterable, Mapping, Sequence

from hypermask_tf.cli.flagfiles import AUTO, BEFORE
from hypermask_tf.cli.runs import Run


def network(flags: Mapping[str, str]) -> str:
    """The target network, as a table names it."""
    name = flags["target"]
    if name in ("mlp", "convnet", "conv1d"):
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


def networks_of(runs: Iterable[Run]) -> set[str]:
    """The target networks of some runs, by name."""
    return {network(run.flags) for run in runs}


def title(runs: Sequence[Run]) -> str:
    """A heading for the runs of one problem."""
    run = runs[0]
    flags, results = run.flags, run.results
    text = f"{results['benchmark']}, {results['num_tasks']} tasks"
    if len(networks := networks_of(runs)) == 1:
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
    if flags.get("base", "none") != "none":
        return (
            f"{flags['base']} base, rank {flags['base_rank']}, layers up to "
            f"{float(flags['base_own']):.1%} a task's own"
        )
    parts = [f"{flags['granularity']} masks", f"{flags['sparsity']} %"]
    parts.append(f"protection {flags['protection']}")
    scale = flags.get("mask_scale", BEFORE["mask_scale"])
    if scale != "width" and flags["sparsity"] != "0":
        parts.append(f"mask scale {scale}")
    if flags["hypernetwork"] != "mlp":
        parts.append(flags["hypernetwork"].replace("_", " "))
    parts += head
    reuse = flags.get("reuse", BEFORE["reuse"])
    known = flags["granularity"] == "unit" and flags["protection"] in ("used", "hard")
    shares = [f"{float(share):g}" for share in reuse.split(",") if share != AUTO]
    if set(shares) - {"0" if known else "1"}:
        parts.append(f"reuse {','.join(shares)}")
    if flags.get("inherit", "none") != "none":
        parts.append(f"inherits {flags['inherit']}")
    return ", ".join(parts)
