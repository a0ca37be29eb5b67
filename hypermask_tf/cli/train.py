"""Learns the tasks of a benchmark, or of your own data, one after the other.

    python apps/train.py --flagfile=apps/recipes/split_digits.flags --run_dir=runs/x
    python apps/train.py --data=photos --image_size=64 --run_dir=runs/photos
    python apps/train.py --resume --run_dir=runs/x
    python apps/train.py --resume --extend_tasks=2 --run_dir=runs/x

The run folder holds the flags, a manifest, `results.json` after every task, a
checkpoint per task, logs and plots. A run that was stopped or killed goes on with
`--resume`, and ends as if it had not been. The exit status is 0 only if every task was
learned; 1 if training broke off; 2, with one line on standard error, for a mistake in
the call; 143 after SIGTERM and 130 after Ctrl-C, which save the run at the end of the
epoch.
"""

import contextlib
from collections.abc import Sequence

import keras
from absl import flags
from rich.console import Console
from rich.progress import Progress

from hypermask_tf import HyperMask
from hypermask_tf.cli import command, distribution, own_data, resume
from hypermask_tf.cli import train_flags as f
from hypermask_tf.cli.build import build_model, build_scenario
from hypermask_tf.cli.flagfiles import flagfile
from hypermask_tf.cli.learning import learn, watchers
from hypermask_tf.cli.manifest import make_manifest
from hypermask_tf.cli.progress import accuracy_table, make_progress, task_table
from hypermask_tf.cli.run_plots import draw
from hypermask_tf.cli.sequence_choices import sequence_choices
from hypermask_tf.scenarios import Scenario
from hypermask_tf.training import (
    RunFolder,
    SequenceOptions,
    TaskSequence,
    is_chief,
)

# Runs while start-up notices are held back.
start_up = distribution.look_for_gpus


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    if f.RESUME.value:
        resume.reopen(flags.FLAGS)
    else:
        RunFolder.check_free(str(f.RUN_DIR.value), f.OVERWRITE.value)
    with _claimed():
        return _train()


def _claimed() -> contextlib.AbstractContextManager[object]:
    """Keeps other processes away from the run, if this one is to write to it."""
    if f.DRY_RUN.value or not is_chief(f.DISTRIBUTE.value):
        return contextlib.nullcontext()
    return RunFolder(str(f.RUN_DIR.value)).lock()


def _train() -> int:
    shared = distribution.start(flags.FLAGS)
    console = Console(quiet=not shared.chief)
    keras.utils.set_random_seed(f.SEED.value)
    scenario = build_scenario()
    if f.DATA.value is not None:
        chosen = own_data.choose(flags.FLAGS, scenario)
        console.out(scenario.describe(), highlight=False)
        if chosen:
            console.out(f"Chosen: {chosen}", highlight=False)
    with shared.scope():
        model = build_model(scenario)
    if shared.chief and (f.VERBOSE.value or f.DRY_RUN.value):
        model.summary()
    # Before anything is written, or anything that is there goes.
    SequenceOptions(**sequence_choices()).check(model, scenario)
    if f.DRY_RUN.value:
        return 0
    run = _open_run(scenario, model)
    with make_progress(console) as progress:
        sequence = _sequence(model, scenario, run, progress)
        del model  # a run that goes on has one of its own
        if f.RESUME.value:
            resume.restore(sequence, run, console)
        status = learn(sequence, run, progress)
    if status:
        return status
    draw(run, sequence.matrix, sequence.results())
    if f.DATA.value is None:
        console.print(accuracy_table(sequence.matrix, f.MEASURE.value))
    else:
        console.print(task_table(scenario, sequence.results()))
    seconds = sum(sequence.results()["train_seconds_per_task"])
    console.print(f"Trained in {seconds:.0f} s. The run is in {run.path}")
    return 0


def _open_run(scenario: Scenario, model: HyperMask) -> RunFolder:
    manifest = make_manifest(
        scenario,
        model,
        f.SEED.value,
        f.DATA.value or f.DATA_DIR.value,
        measured_on=f.MEASURE.value,
        limit_train=f.LIMIT_TRAIN.value,
        baseline=f.BASELINE.value,
    )
    if f.RESUME.value:
        run = RunFolder.open(str(f.RUN_DIR.value))
        resume.check_and_record(run, manifest, flags.FLAGS)
        return run
    run = RunFolder.create(str(f.RUN_DIR.value), overwrite=f.OVERWRITE.value)
    run.write_manifest(manifest)
    run.write_flags(flagfile(flags.FLAGS))
    return run


def _sequence(
    model: HyperMask, scenario: Scenario, run: RunFolder, progress: Progress
) -> TaskSequence:
    return TaskSequence(
        model,
        scenario,
        run,
        **sequence_choices(),
        callbacks=lambda task: watchers(run, progress, task),
    )


flags.register_validator(
    "run_dir", bool, message="Pass a folder for the run: --run_dir=runs/x"
)
# `--help` lists the flags of this module only.
flags.adopt_module_key_flags(f)
flags.adopt_module_key_flags(command)
