"""What a further task for a run is to be, checked before anything changes."""

import dataclasses
import os
from collections.abc import Sequence
from typing import Any

from absl import flags

from hypermask_tf.product import Journal, finish, ledger
from hypermask_tf.product.later_data import read_later
from hypermask_tf.training import RunFolder

# Flags that are not those of training, which become what the run has.
_ASKED = ("quantization", "max_accuracy_drop", "max_mae_rise", "latency", "bundle")


@dataclasses.dataclass(frozen=True)
class Order:
    """What is to be learned; it stands in the journal until it is done.

    Args:
        command: The command that goes on with it.
        first: Index of the first further task.
        names: Names of the tasks.
        parent: Index of the task to start from; None for as the run does.
        asked: What was asked of the files.
    """

    command: str
    first: int
    names: list[str]
    parent: int | None = None
    asked: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def tasks(self) -> tuple[int, ...]:
        """Indices of the tasks."""
        return tuple(range(self.first, self.first + len(self.names)))


def pending_order(run: RunFolder, name: str) -> Order:
    """What a command began in a run and did not end, with flags that are given now.

    Raises:
        ValueError: If it left nothing to do.
    """
    pending = Journal(run).read()
    if pending is None or pending.pop("action") != "add" or pending["command"] != name:
        raise ValueError(
            f"Expected a run in which hypermask {name} was stopped. Received: "
            f"{run.path}, where nothing of it is left to do."
        )
    given = {n: v for n, v in _asked().items() if flags.FLAGS[n].present}
    return Order(**{**pending, "asked": {**pending["asked"], **given}})


def _asked() -> dict[str, Any]:
    values = flags.FLAGS
    bundle = values.bundle and os.path.abspath(values.bundle)
    return {**{name: values[name].value for name in _ASKED}, "bundle": bundle}


def begin(run: RunFolder, name: str, update: bool) -> Order:
    """Notes the tasks in the manifest, once all is known to be right.

    Args:
        run: The run; its lock is held.
        name: The command, which goes on with it.
        update: Whether the task is the next version of one that is there.

    Raises:
        FileNotFoundError: If the data are not there.
        ValueError: If the run, the data or the names do not suit; nothing has changed.
    """
    values = flags.FLAGS
    finish(run)
    manifest = run.manifest()
    _check_frozen(run)
    if values.data is None:
        raise ValueError(
            "Expected data of the task. Received: no --data. Pass their folder or "
            "file: --data=PATH"
        )
    given = values.task
    source, tasks = read_later(manifest, values.data, given)
    parent = None
    if update:
        parent = _as_version(manifest, tasks)
    else:
        _check_names(manifest, tasks)
    names = [str(task["name"]) for task in tasks]
    order = Order(name, tasks[0]["index"], names, parent, _asked())
    Journal(run).write({"action": "add", **dataclasses.asdict(order)})
    run.write_manifest(ledger.with_tasks(manifest, source, tasks))
    return order


def _check_frozen(run: RunFolder) -> None:
    model = run.load_model()
    if not model.state.forgets_exactly:
        raise ValueError(
            "Expected a run whose finished tasks are frozen (--protection=hard), so "
            f"that its files stay what they are. Received: {run.path} with "
            f"{model.protection!r}."
        )
    count = len(ledger.entries(run.manifest()))
    if model.num_learned_tasks < count:
        raise ValueError(
            f"Expected a run that has learned all of its {count} tasks. Received: "
            f"{run.path} with {model.num_learned_tasks}. Finish it with hypermask "
            "train --resume."
        )


def _check_names(manifest: ledger.Manifest, tasks: Sequence[ledger.Entry]) -> None:
    taken = {ledger.family(e).casefold() for e in ledger.kept(manifest)}
    for task in tasks:
        if task["name"].casefold() in taken or "@" in task["name"]:
            raise ValueError(
                f"Expected a new name. Received: {task['name']!r}, which a task has, "
                "or which has an @. Name it with --task=NAME, or learn that task again "
                "with hypermask update."
            )


def _as_version(manifest: ledger.Manifest, tasks: list[ledger.Entry]) -> int:
    """Makes a task the next version of another; returns the index of that in use."""
    if len(tasks) != 1:
        raise ValueError(
            f"Expected the data of one task. Received: {len(tasks)} tasks. Update them "
            "one by one."
        )
    (task,) = tasks
    current = ledger.find(manifest, ledger.family(ledger.find(manifest, task["name"])))
    family = ledger.family(current)
    number = 1 + max(map(ledger.version, ledger.versions(manifest, family)))
    task |= {"name": f"{family}@{number}", "version": number, "version_of": family}
    return int(current["index"])
