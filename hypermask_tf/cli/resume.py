"""Opening the folder of a run to go on with it."""

import datetime
import os
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from absl import flags
from rich.console import Console

from hypermask_tf.cli import command, task_logs
from hypermask_tf.cli import train_flags as f
from hypermask_tf.cli.flagfiles import (
    BEFORE,
    HARMLESS,
    MOVABLE,
    NOT_KEPT,
    flagfile,
    read_flagfile,
)
from hypermask_tf.cli.manifest import differences
from hypermask_tf.training import Position, RunFolder, TaskSequence


def reopen(values: flags.FlagValues) -> RunFolder:
    """The run in `--run_dir`; sets every flag to what the run was started with.

    With `--extend_tasks`, the run is then one of more tasks.

    Raises:
        FileNotFoundError: If there is no run, or it broke off before it began.
        ValueError: If a flag given beside `--resume` contradicts the run's, or a run
            that is to be extended is not finished.
    """
    run = RunFolder.open(str(values["run_dir"].value))
    manifest = run.manifest()
    _check_first_tasks(manifest)
    kept = {**BEFORE, **read_flagfile(run.flags())}
    given = [flag for flag in _own(values) if flag.present]
    for flag in given:
        if flag.name not in HARMLESS | MOVABLE | NOT_KEPT:
            _check_same(flag, kept.get(flag.name))
    # Those that may differ once more, for they are to win.
    again = [flag.serialize() for flag in given if flag.name in HARMLESS | MOVABLE]
    take_flags(run, values, again)
    recorded = manifest.get("data_dir")
    if values["data"].value is not None:
        if "data" not in {flag.name for flag in given}:
            values["data"].value = recorded  # the flagfile's may be a relative path
    elif values["data_dir"].value is None and recorded and os.path.isdir(recorded):
        values["data_dir"].value = recorded
    if values["extend_tasks"].value:
        tasks = len(manifest["scenario"]["tasks"])
        _check_finished(run, tasks)
        values["num_tasks"].value = tasks + values["extend_tasks"].value
    return run


def take_flags(
    run: RunFolder, values: flags.FlagValues, others: Sequence[str] = ()
) -> None:
    """Sets every flag to what a run was started with; `others` win over that."""
    older = [f"--{name}={value}" for name, value in BEFORE.items()]
    values(["train", *older, f"--flagfile={run.path / 'flags.txt'}", *others])


def _check_first_tasks(manifest: Mapping[str, Any]) -> None:
    """Refuses a run to which tasks were added one by one, or of which some are gone."""
    tasks = manifest["scenario"]["tasks"]
    if manifest.get("added") or any(task.get("forgotten") for task in tasks):
        raise ValueError(
            "Expected a run with the tasks it began with. Received: one to which tasks "
            "were added, or of which some were forgotten. hypermask add goes on with "
            "it: --resume what was stopped, --data for a further task"
        )


def _own(values: flags.FlagValues) -> list[flags.Flag]:
    return list(values.get_key_flags_for_module("hypermask_tf.cli.train_flags"))


def _check_same(flag: flags.Flag, kept: str | None) -> None:
    """Refuses a choice that is not the run's."""
    given = read_flagfile(flag.serialize()).get(flag.name)
    if kept is None:
        # Not set when the run began, or not known then.
        same, kept = flag.value == flag.default, "its default"
    else:
        same = given == kept
    if not same:
        raise ValueError(
            f"--{flag.name} contradicts the run: it has {kept}. Received: {given}. "
            "Leave the flag out to go on, or start a run of its own in another "
            "--run_dir"
        )


def _check_finished(run: RunFolder, tasks: int) -> None:
    done = max(run.checkpoints.positions(), default=Position()).task
    if done < tasks:
        raise ValueError(
            "--extend_tasks adds tasks to a finished run. Received: a run with "
            f"{done} of {tasks} tasks learned. Finish it first: --resume alone"
        )


def check_and_record(
    run: RunFolder, now: dict[str, Any], values: flags.FlagValues
) -> None:
    """Compares what the run says of itself with the present, and writes both down.

    Args:
        run: The run.
        now: What its manifest would be if it began today.
        values: The flags, for a run that got more tasks.

    Raises:
        ValueError: If its tasks are not those of the run.
    """
    then = run.manifest()
    known, tasks = then["scenario"]["tasks"], now["scenario"]["tasks"]
    both = min(len(known), len(tasks))
    changed = [i for i in range(both) if known[i] != tasks[i]]
    _check_fingerprint(then["scenario"]["config"], now["scenario"]["config"])
    if then["benchmark"] != now["benchmark"] or changed or len(tasks) < len(known):
        what = f"task {changed[0]}" if changed else f"{len(tasks)} tasks"
        raise ValueError(
            f"The data are not those of the run: it has {len(known)} tasks of "
            f"{then['benchmark']}, and {what} of {now['benchmark']} differs now. "
            "Point --data_dir to the same data set"
        )
    for line in differences(then, now):
        command.warning(f"{line}: the last bits of what comes may differ")
    part = {
        "started": datetime.datetime.now(datetime.timezone.utc).isoformat(
            timespec="seconds"
        ),
        "tasks": len(tasks),
        **{name: now[name] for name in ("versions", "backend", "device", "platform")},
    }
    if len(tasks) > len(known):
        run.write_flags(flagfile(values))
    run.write_manifest(
        {
            **then,
            "scenario": now["scenario"],
            "data_dir": now["data_dir"],
            "resumed": [*then.get("resumed", []), part],
        }
    )


def _check_fingerprint(then: dict[str, Any], now: dict[str, Any]) -> None:
    """Refuses own data that are others than those learned so far."""
    kept, found = then.get("fingerprint") or {}, now.get("fingerprint") or {}
    changed = [t for t in sorted({*kept, *found}) if kept.get(t) != found.get(t)]
    if changed:
        raise ValueError(
            f"The data are not those of the run: for task {changed[0]!r} it has "
            f"fingerprint {kept.get(changed[0])}. Received: data of fingerprint "
            f"{found.get(changed[0])}: files were added, removed or changed. Restore "
            "them, or train a new run; `hypermask add` adds a task to a finished one"
        )


def restore(sequence: TaskSequence, run: RunFolder, console: Console) -> None:
    """Takes the last good checkpoint, and says where the run goes on."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        position = sequence.restore()
    for each in caught:
        command.warning(str(each.message))
    task_logs.cut_back(run, position)
    if position.task == sequence.scenario.num_tasks:
        console.print(
            f"The run has learned all of its {position.task} tasks: nothing is left to "
            "do. --extend_tasks adds some."
        )
    elif position != Position():
        console.print(f"Going on after {place(position)}.")
    else:
        console.print("The run was not saved yet: it begins anew.")


def place(position: Position) -> str:
    """A position in words."""
    steps = position.epoch * f.EPOCH_STEPS.value
    part = f"{steps} of {f.STEPS.value} steps of task {position.task}"
    if not position.task:
        return part
    done = f"{position.task} task{'s' if position.task > 1 else ''}"
    return f"{done} and {part}" if position.running else done
