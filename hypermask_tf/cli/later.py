"""A further task for a finished run: learned, exported, compared, and sent."""

import dataclasses
import os
from collections.abc import Sequence
from typing import Any

import keras
from absl import flags
from rich.console import Console
from rich.progress import Progress

from hypermask_tf.cli import command, paths, resume
from hypermask_tf.cli import train_flags as f
from hypermask_tf.cli.build import build_model
from hypermask_tf.cli.learning import learn, watchers
from hypermask_tf.cli.progress import make_progress
from hypermask_tf.cli.run_plots import draw
from hypermask_tf.cli.sequence_choices import sequence_choices
from hypermask_tf.cli.shipment import Shipment
from hypermask_tf.export.quantize.recipe import QUANTIZATIONS
from hypermask_tf.product import Journal, finish, ledger, operations
from hypermask_tf.product.later_data import read_later
from hypermask_tf.training import RunFolder, TaskSequence

# By how much layers widen that have too few free units left.
_GROW = 1.1
# Flags that are not those of training, which become what the run has.
_ASKED = ("quantization", "max_accuracy_drop", "latency", "bundle")
# The commands that call `define` have these flags.
flags.disclaim_key_flags()


def define(task: str) -> None:
    """Defines the flags of a command that learns a further task.

    Args:
        task: What `--task` is, for `--help`.
    """
    for name in ("run_dir", "data", "resume"):
        flags.declare_key_flag(name)
    flags.register_validator(
        "run_dir", bool, message="Pass the folder of a finished run: --run_dir=runs/x"
    )
    flags.DEFINE_string("task", None, task)
    flags.DEFINE_list(
        "quantization",
        None,
        "How the file's weights are stored; by default as the run's other files are.",
    )
    flags.DEFINE_float(
        "max_accuracy_drop",
        0.5,
        "How many percentage points of accuracy on validation data a file may lose.",
        lower_bound=0.0,
        upper_bound=100.0,
    )
    flags.DEFINE_bool("latency", True, "Measure the file's latency.")
    paths.define_path(
        "bundle",
        None,
        "Append the file to this bundle; of all the run's files if there is none.",
    )
    flags.register_validator(
        "quantization",
        lambda names: names is None or (names and set(names) <= set(QUANTIZATIONS)),
        message=f"Expected some of {', '.join(QUANTIZATIONS)}",
    )


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


def main(name: str, update: bool) -> int:
    """Runs `hypermask add` or `hypermask update`; returns its exit status."""
    values, console = flags.FLAGS, Console()
    progress = make_progress(console)
    run = RunFolder.open(str(values.run_dir))
    with run.lock():
        order = _pending(run, name) if values.resume else _begin(run, name, update)
        try:
            sequence = _prepared(run, order, progress)
            resume.restore(sequence, run, console)
        except BaseException:
            if not values.resume:
                operations.undo(run)  # nothing has begun
            raise
        with progress:
            status = learn(sequence, run, progress)
        if status:
            if status == command.FAILED:
                command.say(f"Give it up with hypermask undo --run_dir={run.path}")
            return status
        draw(run, sequence.matrix, sequence.results())
        return _ship(
            run, order, sequence.model, Shipment(run, order.tasks, **order.asked)
        )


def _pending(run: RunFolder, name: str) -> Order:
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


def _begin(run: RunFolder, name: str, update: bool) -> Order:
    """Notes the tasks in the manifest, once all is known to be right."""
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
    if not (model.protection.freezes and model.state.layout.over_units):
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


def _prepared(run: RunFolder, order: Order, progress: Progress) -> TaskSequence:
    """What learns the tasks."""
    resume.take_flags(run, flags.FLAGS)
    keras.utils.set_random_seed(f.SEED.value)
    scenario = run.load_scenario(tasks=set(order.tasks))
    smallest = min(scenario[task].sizes["train"] for task in order.tasks)
    choices: dict[str, Any] = sequence_choices() | {
        "grow": f.GROW.value or _GROW,
        "measure_unseen": False,
        "batch_size": min(f.BATCH.value, smallest),
    }
    if order.parent is not None:
        choices["inherit"] = order.parent
    return TaskSequence(
        build_model(scenario),
        scenario,
        run,
        **choices,
        callbacks=lambda task: watchers(run, progress, task),
    )


def _ship(run: RunFolder, order: Order, model: Any, shipment: Shipment) -> int:
    """Exports and compares; returns an exit status."""
    console = Console()
    with console.status("exporting") as bar:
        status = shipment.make(model, bar.update)
    if status:
        command.say(
            f"The task is learned and not exported. Try hypermask {order.command} "
            f"--resume --run_dir={run.path} with another --quantization or "
            f"--max_accuracy_drop, or give it up: hypermask undo --run_dir={run.path}"
        )
        return status
    if order.parent is None:
        Journal(run).clear()
    else:
        # It writes down what it does in the same place: no moment is between.
        operations.switch(run, order.first, model)
    console.print(shipment.table())
    return 0
