"""Flags and runs for tests of sweeps that train nothing."""

import pathlib

from absl import flags

from hypermask_tf.cli.runs import Run
from hypermask_tf.cli.sweep_objective import SweepObjective
from hypermask_tf.cli.sweep_space import parse_space


def make_base():
    """Flags as those of the training command, apart from the command's own."""
    values = flags.FlagValues()
    options = {"flag_values": values, "module_name": "hypermask_tf.cli.train_flags"}
    flags.DEFINE_integer("seed", 1, "", **options)
    flags.DEFINE_integer("batch_size", 32, "", 1, **options)
    flags.DEFINE_float("lambda", 1.0, "", 0.0, **options)
    flags.DEFINE_list("hidden", ["400", "400"], "", **options)
    flags.DEFINE_bool("ramp", False, "", **options)
    flags.DEFINE_bool("verbose", False, "", **options)
    flags.DEFINE_enum("measure", "validation", ["validation", "test"], "", **options)
    flags.DEFINE_string("run_dir", None, "", **options)
    values(["sweep"])
    return values


def make_sweep(folder, space, seeds=(1,), **base):
    values = make_base()
    for name, value in base.items():
        values[name].value = value
    folder.mkdir(parents=True, exist_ok=True)
    return SweepObjective(parse_space(space), list(seeds), values, folder)


def make_run(accuracies, tasks, seed=1):
    """A run that has `accuracies` on the tasks it has learned, and forgets nothing."""
    learned = len(accuracies)
    rows = [[*accuracies[: i + 1], *[None] * (tasks - i - 1)] for i in range(learned)]
    results = {
        "seed": seed,
        "num_tasks": tasks,
        "train_seconds_per_task": [2.0] * learned,
        "accuracy_matrix": [*rows, *[[None] * tasks] * (tasks - learned)],
        "average_accuracy": sum(accuracies) / learned,
        "backward_transfer": 0.0 if learned > 1 else None,
    }
    return Run(pathlib.Path("x"), {}, results)
