"""Searches flags of apps/train.py for the best validation accuracy, with Optuna.

    python apps/sweep.py --flagfile=apps/recipes/split_digits.flags \
        --space='sparsity=80|90;learning_rate=1e-4..1e-2:log' --trials=20 \
        --sweep_dir=sweeps/x
    python apps/train.py --flagfile=sweeps/x/best.flags --run_dir=runs/x

Every flag of apps/train.py sets what does not vary. A space of listed values is tried
whole; one with a range is sampled. Each run is a process and a folder of its own. The
same command goes on with a sweep that stopped: what is finished stays, and what failed
or broke off is tried again. `--workers` trains several trials at a time; several
machines share a sweep through `--storage`, each with a folder of the same name.

The folder gets a table `sweep.md`, all trials in `sweep.csv`, a picture `sweep.png`,
and the flags of the best trial in `best.flags`. The Optuna study is in `study.db`.

Accuracies are measured on validation data, always. Whoever picks the best of many
settings by their test accuracy reports the luck of the winner along with its merit.

The exit status is 0 only if no trial failed; 1 if one did; 2, with one line on standard
error, for a mistake in the call; 130 after Ctrl-C, which saves the runs under way.
"""

import pathlib
import warnings
from collections.abc import Sequence

from absl import flags
from rich.console import Console

from hypermask_tf.checks import require
from hypermask_tf.cli import command, paths
from hypermask_tf.cli import train_flags as f
from hypermask_tf.cli.progress import make_progress
from hypermask_tf.training import FolderLock

_SPACE = flags.DEFINE_string(
    "space",
    None,
    "Flags and what to try: 'sparsity=80|90;hidden=400,400|800,800' lists values; "
    "'learning_rate=1e-4..1e-2:log;embedding_dim=8..64:step=8' gives ranges.",
)
_SEEDS = flags.DEFINE_list("seeds", ["1"], "Seeds that every trial is trained with.")
_SWEEP_DIR = paths.define_path("sweep_dir", None, "Folder to write the sweep to.")
_STORAGE = flags.DEFINE_string(
    "storage",
    None,
    "URL of a database for the study, such as postgresql://me@host/sweeps; by default "
    "a SQLite file in --sweep_dir.",
)
_SAMPLER = flags.DEFINE_enum(
    "sampler",
    None,
    ["grid", "tpe", "random"],
    "How trials are chosen; by default grid, or tpe for a space with a range.",
)
_SAMPLER_SEED = flags.DEFINE_integer("sampler_seed", 1, "Seed of tpe and random.")
_PRUNER = flags.DEFINE_enum(
    "pruner",
    None,
    ["none", "median", "hyperband"],
    "Ends a trial that falls behind others after a task; by default none in a grid, "
    "else median, which begins when five trials are complete.",
)
_TRIALS = flags.DEFINE_integer(
    "trials",
    None,
    "How many trials the sweep is to have in all; by default 20, or the whole grid.",
    lower_bound=1,
)
_WORKERS = flags.DEFINE_integer(
    "workers", 1, "Trials at the same time, each in a process.", lower_bound=1
)
flags.DEFINE_alias("grid", "space")
flags.DEFINE_alias("jobs", "workers")
flags.register_validator(
    "space", bool, message="Pass a space: --space='sparsity=80|90'"
)
flags.register_validator(
    "sweep_dir", bool, message="Pass a folder for the sweep: --sweep_dir=sweeps/x"
)
flags.register_validator(
    "seeds",
    lambda seeds: (
        bool(seeds)
        and all(seed.strip().isdigit() for seed in seeds)
        and len({int(seed) for seed in seeds}) == len(seeds)
    ),
    message="Expected different seeds such as 1,2,3",
)


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    if f.MEASURE.value == "test" and f.MEASURE.present:
        raise ValueError(
            "A sweep chooses settings, and settings chosen on test data make the test "
            "accuracy of the chosen one too good. Received: --measure=test. Leave it "
            "out, and train with best.flags for a test accuracy"
        )
    optuna = require("optuna", "which searches")
    require("pandas", "which makes the table")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    return _sweep()


def _sweep() -> int:
    from hypermask_tf.cli.sweep_objective import SweepObjective
    from hypermask_tf.cli.sweep_plot import plot_sweep
    from hypermask_tf.cli.sweep_report import write_report
    from hypermask_tf.cli.sweep_search import search
    from hypermask_tf.cli.sweep_space import check_space, grid_size, parse_space
    from hypermask_tf.cli.sweep_study import open_study

    space = parse_space(str(_SPACE.value))
    check_space(space, flags.FLAGS)
    size = grid_size(space)
    sampler = _SAMPLER.value or ("grid" if size else "tpe")
    if sampler == "grid" and not size:
        raise ValueError(
            "--sampler=grid tries listed values: --space='flag=value|value'. Received: "
            f"--space={_SPACE.value!r}, with a range. List its values, or pass "
            "--sampler=tpe"
        )
    total = _TRIALS.value or size or 20
    if size and sampler == "grid":
        total = min(total, size)
    pruner = _PRUNER.value or ("none" if sampler == "grid" else "median")
    folder = pathlib.Path(str(_SWEEP_DIR.value))
    sweep = SweepObjective(
        space, sorted(map(int, _SEEDS.value)), flags.FLAGS, folder, f.DATA_DIR.value
    )

    with FolderLock(str(folder)), make_progress(Console()) as progress:
        study = open_study(sweep, _STORAGE.value, sampler, _SAMPLER_SEED.value, pruner)
        good = search(study, sweep, total, _WORKERS.value, progress)
        print(write_report(study, sweep))
        plot_sweep(study, sweep, folder / "sweep.png")
    return 0 if good else command.FAILED


# `--help` lists the flags of the training command too: all of them are understood.
flags.adopt_module_key_flags(f)
flags.adopt_module_key_flags(command)
