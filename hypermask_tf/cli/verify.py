"""Runs the exported files of a run again, and fails where one is not what it was.

    hypermask verify --run_dir=runs/x

Each file that the export's report lists must be there, with the bytes that were
verified, and be as accurate in LiteRT over its task's test set as its JSON says. Files
of sounds are run from the waves, through the file that makes their features. A file of
all tasks must have the outputs of the separate files, to the last bit. For the
checks of a product: exit status 1 when a file is missing, was changed, or fell.
"""

import dataclasses
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from absl import flags
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from hypermask_tf.checks import four_digits
from hypermask_tf.cli import command, paths
from hypermask_tf.export.front_end.recheck import recheck_front_end
from hypermask_tf.export.interpreter import run_tflite
from hypermask_tf.export.one_file.recheck import recheck_one_file
from hypermask_tf.export.quiet import quiet_stderr
from hypermask_tf.export.report import read_good_files, read_report

if TYPE_CHECKING:
    from hypermask_tf.scenarios import Scenario


def define_flags() -> None:
    """Defines the flags; other commands use the same names in one process of tests."""
    paths.define_run("Folder of the exported run.", "an exported run")
    flags.DEFINE_float(
        "max_accuracy_drop",
        0.0,
        "How much accuracy a file may have lost since it was exported, as a fraction. "
        "Another processor may round an example at a boundary to the other side.",
        lower_bound=0.0,
        upper_bound=1.0,
    )
    flags.DEFINE_float(
        "max_mae_rise",
        0.1,
        "Of files that predict a number: by how many percent their mean absolute error "
        "may have risen. Another processor rounds otherwise.",
        lower_bound=0.0,
    )


@dataclasses.dataclass(frozen=True)
class Checked:
    """What became of a file.

    Args:
        file: its name.
        recorded: accuracy when it was exported, in 0..1, or error; None of a front
            end, and of a file of all tasks, whose outputs must be those of the
            separate files.
        found: the same now; None where it was not run.
        problem: what is wrong; empty if nothing is.
        number: whether these are errors of a number that it predicts.
    """

    file: str
    recorded: float | None
    found: float | None
    problem: str = ""
    number: bool = False


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    with quiet_stderr():
        from hypermask_tf.training import RunFolder
    run = RunFolder.open(Path(flags.FLAGS.run_dir or ""))
    report = read_report(Path(flags.FLAGS.run_dir))
    if not report["files"]:
        raise FileNotFoundError(
            f"Expected exported files. Received: a report in {run.export_dir} that "
            "lists none. Export them first, with hypermask export"
        )
    with quiet_stderr():
        scenario = run.load_scenario(flags.FLAGS.data_dir)
    folder, drop = Path(run.export_dir), flags.FLAGS.max_accuracy_drop
    rise = flags.FLAGS.max_mae_rise / 100
    results = list(check_report(folder, report, scenario, drop, rise))
    Console().print(_table(results))
    for result in results:
        if result.problem:
            print(f"verify: {result.file}: {result.problem}", file=sys.stderr)
    return command.FAILED if any(result.problem for result in results) else 0


def check_report(
    folder: Path,
    report: Mapping[str, Any],
    scenario: "Scenario",
    max_accuracy_drop: float,
    max_mae_rise: float = 0.0,
) -> Iterator[Checked]:
    """Runs the files of an export over the test sets of their tasks.

    Args:
        folder: where they lie.
        report: what `report.json` holds.
        scenario: the tasks.
        max_accuracy_drop: how much accuracy a file may have lost, in 0..1.
        max_mae_rise: by which share the error of one of a number may have risen.
    """
    listed, front_end = report["files"], report.get("front_end")
    features: dict[int, np.ndarray] = {}
    if front_end is not None:
        known = sorted({entry["task"]["index"] for entry in listed})
        tasks = [scenario.tasks[index] for index in known]
        features, problem = recheck_front_end(folder, front_end, tasks)
        yield Checked(front_end["file"], None, None, problem)
    yield from check_files(
        folder, listed, scenario, max_accuracy_drop, features, max_mae_rise
    )

    def inputs(index: int) -> np.ndarray:
        return features.get(index, scenario.tasks[index].test[0])

    for entry in report.get("one_files", ()):
        problem = recheck_one_file(folder, entry, inputs)
        yield Checked(entry["file"], None, None, problem)


def check_files(
    folder: Path,
    listed: Sequence[Mapping[str, Any]],
    scenario: "Scenario",
    max_accuracy_drop: float,
    features: Mapping[int, np.ndarray] | None = None,
    max_mae_rise: float = 0.0,
) -> Iterator[Checked]:
    """Runs the files of tasks over their test sets.

    Args:
        folder: where they lie.
        listed: what the report says of each.
        scenario: the tasks.
        max_accuracy_drop: how much accuracy a file may have lost, in 0..1.
        features: what the front end made of the test sets, by number of task, to be
            taken instead of their arrays.
        max_mae_rise: by which share the error of one of a number may have risen.
    """
    features = features or {}
    good = {entry["file"]: entry["sha256"] for entry in read_good_files(folder)}
    for entry in listed:
        file, task = entry["file"], entry["task"]["index"]
        figures, number = entry["verification"], "outputs" in entry["verification"]
        recorded = float(
            figures["outputs"][0]["tflite"] if number else figures["tflite_accuracy"]
        )
        if task in features:
            recorded = float(figures.get("tflite_accuracy_from_waves", recorded))
        found, problem = None, ""
        if not (folder / file).is_file():
            problem = "it is missing"
        elif good.get(file) != entry["sha256"]:
            problem = "its bytes, or its JSON, are not those that were verified"
        else:
            x, y = scenario.tasks[task].test
            outputs = run_tflite(folder / file, features.get(task, x))
            found = _error(outputs, y) if number else _accuracy(outputs, y, entry)
            if not np.isfinite(outputs).all():
                problem = "not finite"
            elif number and found > recorded * (1 + max_mae_rise):
                problem = (
                    f"MAE rose from {four_digits(recorded)} to {four_digits(found)}"
                )
            elif not number and found < recorded - max_accuracy_drop:
                problem = f"accuracy fell from {recorded:.4f} to {found:.4f}"
        yield Checked(file, recorded, found, problem, number)


def _error(outputs: np.ndarray, y: np.ndarray) -> float:
    return float(np.mean(np.abs(outputs[:, 0].astype("float64") - y)))


def _accuracy(outputs: np.ndarray, y: np.ndarray, entry: Mapping[str, Any]) -> float:
    choice = outputs[..., : len(entry["labels"])].argmax(axis=-1)
    return float(np.mean(choice == y))


def _table(results: Sequence[Checked]) -> Table:
    table = Table(title="Exported files in LiteRT, on the test sets", box=SIMPLE_HEAD)
    table.add_column("file", no_wrap=True)
    unit = "MAE" if any(result.number for result in results) else "%"
    for column in (f"exported {unit}", f"now {unit}", ""):
        table.add_column(column, justify="right", no_wrap=True)
    for result in results:
        verdict = "FAILED" if result.problem else "ok"
        figures = (_shown(f, result.number) for f in (result.recorded, result.found))
        table.add_row(result.file, *figures, verdict)
    return table


def _shown(figure: float | None, number: bool) -> str:
    if figure is None:
        return "-"
    return four_digits(figure) if number else f"{100 * figure:.2f}"
