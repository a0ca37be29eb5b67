"""Measures a finished run as if nobody had said which task an input comes from.

    python apps/evaluate.py --run_dir=runs/x --unknown=split_fashion_mnist
    python apps/evaluate.py --runs='runs/a_*' --output=docs/results/inference_a.md

The first form replays the run's checkpoints in order: statistics of a task come from
its own training data and the checkpoint right after it was learned, as if they had been
written down then; no sample is kept. It writes `class_incremental_*` into
`results.json`, pictures into `plots/`, fitted methods into `inference/`, and prints
tables. Accuracy with known task, inferred tasks and class-incremental accuracy always
stand side by side. The second form collects evaluated runs into Markdown: runs that
differ in their seed only make one table.

Exit status: 0 only if all was measured; 2, with one line on standard error, for a
mistake.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from absl import flags
from rich.console import Console
from rich.status import Status

from hypermask_tf import files, inference, scenarios
from hypermask_tf.cli import command, evaluation, evaluation_tables, paths
from hypermask_tf.cli.answers import COVERAGES, Answers
from hypermask_tf.cli.evaluation_data import measured, noise_like, unknown_inputs
from hypermask_tf.cli.runs import find_runs, group
from hypermask_tf.plots import inference_plots
from hypermask_tf.training import RunFolder

# A replay makes new networks after every task, which TensorFlow warns of.
logging.getLogger("tensorflow").setLevel(logging.ERROR)

_RUN_DIR = paths.define_path("run_dir", None, "Folder of the run to evaluate.")
_METHODS = flags.DEFINE_list(
    "methods",
    ["all"],
    f"Methods to compare, or all: {', '.join(inference.NAMES)}. The default of the "
    "library is always among them.",
)
_COVERAGE = flags.DEFINE_float(
    "coverage",
    0.95,
    "Abstain so that this share of validation data would be answered.",
    lower_bound=0.01,
    upper_bound=1.0,
)
_MEASURE = flags.DEFINE_enum(
    "measure",
    "test",
    ["test", "validation"],
    "What to measure on. Methods are to be chosen on validation data.",
)
_UNKNOWN = flags.DEFINE_list(
    "unknown",
    [],
    "Benchmarks whose test images belong to no task of the run, of the same shape; "
    "noise is always tried.",
)
_DATA_DIR = paths.define_path(
    "data_dir", None, "Where the data sets lie; by default where the run found them."
)
_RUNS = paths.define_paths(
    "runs", [], "Evaluated run folders, or patterns of them, to collect into a table."
)
_OUTPUT = paths.define_path("output", None, "Write that table to this file too.")


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    if bool(_RUN_DIR.value) == bool(_RUNS.value):
        raise ValueError(
            "Pass either --run_dir=runs/x, to evaluate a run, or --runs='runs/x_*', "
            "to collect evaluated ones"
        )
    if _RUNS.value:
        return _collect()
    if _OUTPUT.value:
        raise ValueError("--output goes with --runs; --run_dir writes into the run")
    names = _names()
    run = RunFolder.open(str(_RUN_DIR.value))
    run.results()  # a run without any is told of before anything is measured
    run.check_shared(whole=True)
    scenario = run.load_scenario(_DATA_DIR.value)
    console = Console()
    with console.status("reading the data") as status:
        found = _evaluated(run, scenario, names, status)
    own = {f"{evaluation_tables.PREFIX}{key}": value for key, value in found.items()}
    # As they are now: the run may have gone on meanwhile.
    run.write_results({**run.results(), **own})
    for table in evaluation_tables.one_run(own):
        console.print(table)
    console.print(f"In {run.path}: results.json, plots/inference_*.png, inference/")
    return 0


def _evaluated(
    run: RunFolder, scenario: scenarios.Scenario, names: list[str], status: Status
) -> dict[str, Any]:
    """What is measured, by key; statistics and pictures are in the run then."""
    unknown = unknown_inputs(scenario, _UNKNOWN.value, _DATA_DIR.value)
    after = evaluation.AfterEachTask(names)
    limit = int(run.manifest().get("limit_train") or 0)
    for step in inference.replay(run, scenario, names, limit):
        status.update(f"task {step.task + 1} of {scenario.num_tasks}")
        data = [measured(task, _MEASURE.value) for task in scenario[: step.task + 1]]
        answers, known = evaluation.ask(step, data)
        after.add(answers, known)
    status.update("abstention and time")
    unknown["noise"] = noise_like(data)
    final = evaluation.final_results(
        step, answers, unknown, _COVERAGE.value, data[0][0]
    )
    for name, method in step.methods.items():
        method.save(run.inference_dir / f"{name}.npz")
    _draw(run, answers)
    return {
        "measured_on": _MEASURE.value,
        "default": inference.DEFAULT,
        **after.results(),
        **final,
    }


def _collect() -> int:
    runs = [
        run
        for run in find_runs(_RUNS.value)
        if f"{evaluation_tables.PREFIX}accuracy" in run.results
    ]
    if not runs:
        raise FileNotFoundError(
            f"No evaluated run among {_RUNS.value}. Evaluate each first: "
            "python apps/evaluate.py --run_dir=…"
        )
    parts = []
    for same in group(runs, lambda run: run.settings):
        parts += [evaluation_tables.heading(same), evaluation_tables.several_runs(same)]
    results = runs[0].results
    parts.append(
        evaluation_tables.DEFINITIONS.format(
            pool=results["class_incremental_pooled"]["inputs"],
            wanted=100 * results["class_incremental_coverage"]["wanted"],
        )
    )
    text = "\n\n".join(parts)
    print(text)
    if _OUTPUT.value:
        files.write_text(_OUTPUT.value, text + "\n")
    return 0


def _names() -> list[str]:
    chosen = list(dict.fromkeys(_METHODS.value))
    if chosen == ["all"]:
        return list(inference.NAMES)
    bad = [name for name in chosen if name not in inference.NAMES]
    if bad or not chosen:
        raise ValueError(
            f"Expected methods among {', '.join(inference.NAMES)}, or all. Received: "
            f"--methods={','.join(chosen)}"
        )
    return chosen if inference.DEFAULT in chosen else [*chosen, inference.DEFAULT]


def _draw(run: RunFolder, answers: Mapping[str, Answers]) -> None:
    inference_plots.plot_task_confusions(
        {name: a.confusion for name, a in answers.items()},
        run.plots_dir / "inference_confusion.png",
        title="Inferred task by true task, % of rows",
    )
    inference_plots.plot_reliability(
        {name: a.reliability for name, a in answers.items()},
        run.plots_dir / "inference_reliability.png",
    )
    inference_plots.plot_coverage(
        {name: a.curve for name, a in answers.items()},
        COVERAGES,
        run.plots_dir / "inference_coverage.png",
    )


flags.adopt_module_key_flags(command)
