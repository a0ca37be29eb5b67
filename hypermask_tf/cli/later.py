"""A further task for a finished run: learned, exported, compared, and sent."""

import dataclasses
from typing import Any

import keras
from absl import flags
from rich.console import Console
from rich.progress import Progress

from hypermask_tf.cli import command, paths, resume
from hypermask_tf.cli import train_flags as f
from hypermask_tf.cli.build import build_model
from hypermask_tf.cli.learning import learn, watchers
from hypermask_tf.cli.order import Order, begin, pending_order
from hypermask_tf.cli.progress import make_progress
from hypermask_tf.cli.run_plots import draw
from hypermask_tf.cli.sequence_choices import sequence_choices
from hypermask_tf.cli.shipment import Shipment
from hypermask_tf.export.quantize.recipe import QUANTIZATIONS
from hypermask_tf.product import Journal, operations
from hypermask_tf.training import RunFolder, TaskSequence
from hypermask_tf.training.grow_when_full import grow_when_full

# By how much layers widen that have too few free units left.
_GROW = 1.1
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
    flags.DEFINE_float(
        "max_mae_rise",
        2.0,
        "Of a file that predicts a number: by how many percent of Keras' its mean "
        "absolute error on validation data may be larger.",
        lower_bound=0.0,
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


def main(name: str, update: bool) -> int:
    """Runs `hypermask add` or `hypermask update`; returns its exit status."""
    values, console = flags.FLAGS, Console()
    progress = make_progress(console)
    run = RunFolder.open(str(values.run_dir))
    with run.lock():
        order = pending_order(run, name) if values.resume else begin(run, name, update)
        try:
            sequence = _prepared(run, order, progress)
            resume.restore(sequence, run, console)
            _check_growth(sequence)
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


def _prepared(run: RunFolder, order: Order, progress: Progress) -> TaskSequence:
    """What learns the tasks."""
    resume.take_flags(run, flags.FLAGS)
    keras.utils.set_random_seed(f.SEED.value)
    scenario = run.load_scenario(tasks=set(order.tasks))
    smallest = min(scenario[task].sizes["train"] for task in order.tasks)
    choices: dict[str, Any] = sequence_choices() | {
        # On a base tasks share nothing that they could fill.
        "grow": f.GROW.value or (_GROW if f.BASE.value == "none" else 0.0),
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


def _check_growth(sequence: TaskSequence) -> None:
    """Does without growth, and says so, where a network cannot grow.

    Raises:
        ValueError: If the run asks for growth.
    """
    options = sequence.options
    if not options.grow:
        return
    try:
        # Not kept: the task does it again, from a seed of its own.
        grow_when_full(sequence.model, options.grow)
    except ValueError as error:
        if f.GROW.value:
            raise
        command.warning(
            f"The network is full and cannot grow: {error} The task is learned with "
            "the units that are free, and what earlier tasks have learned."
        )
        sequence.options = dataclasses.replace(options, grow=0.0)


def _ship(run: RunFolder, order: Order, model: Any, shipment: Shipment) -> int:
    """Exports and compares; returns an exit status."""
    console = Console()
    with console.status("exporting") as bar:
        status = shipment.make(model, bar.update)
    if status:
        command.say(
            f"The task is learned and not exported. Try hypermask {order.command} "
            f"--resume --run_dir={run.path} with another --quantization, "
            f"--max_accuracy_drop or --max_mae_rise, or give it up: hypermask "
            f"undo --run_dir={run.path}"
        )
        return status
    if order.parent is None:
        Journal(run).clear()
    else:
        # It writes down what it does in the same place: no moment is between.
        operations.switch(run, order.first, model)
    console.print(shipment.table())
    return 0
