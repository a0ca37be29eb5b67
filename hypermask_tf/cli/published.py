"""Published figures of the method, and how a run differs from what reached them."""

import functools
import pathlib
from typing import NamedTuple

from hypermask_tf.cli.flagfiles import read_flagfile
from hypermask_tf.cli.naming import network
from hypermask_tf.cli.runs import Run
from hypermask_tf.cli.tables import MISSING

# In a checkout; what is installed has no recipes, and names no figures.
_RECIPES = pathlib.Path(__file__).parents[2] / "apps" / "recipes"


class Figure(NamedTuple):
    """Average accuracy over tasks, task identity known.

    Attributes:
        accuracy: Mean and deviation over seeds in percent, as published.
        tasks: Number of tasks.
        target: Whose figure it is, where not plainly the recipe's network.
    """

    accuracy: str
    tasks: int
    target: str = ""


# HyperMask, arXiv 2310.00113 version 4, the table of task-incremental results. One
# figure stands there for the better of the two convolutional networks.
_FIGURES = {
    "paper_permuted_mnist": Figure("97.66 ± 0.04", 10),
    "paper_split_mnist": Figure("99.64 ± 0.07", 5),
    "paper_split_cifar100_resnet": Figure("77.34 ± 1.94", 10),
    "paper_split_cifar100_zenkenet": Figure("77.34 ± 1.94", 10, "resnet"),
    "paper_split_tiny_imagenet_resnet": Figure(
        "76.22 ± 1.06", 40, "the better of resnet and zenkenet"
    ),
    "paper_split_tiny_imagenet_zenkenet": Figure(
        "76.22 ± 1.06", 40, "the better of resnet and zenkenet"
    ),
}
# What makes it another problem, and the value of a run that does not name it.
_PROBLEM = {
    "benchmark": "",
    "target": "",
    "class_order": "natural",
    "classes_per_task": "0",
}


class Published(NamedTuple):
    """The published side of a row.

    Attributes:
        accuracy: The figure.
        differences: In what its setting was another than the run's; empty if it was
            the same.
        tasks: Its number of tasks; 0 if there is no figure.
        steps: Its steps a task; 0 if there is no figure.
    """

    accuracy: str
    differences: str
    tasks: int
    steps: int


def published(run: Run) -> Published:
    """The figure that stands beside a run; `MISSING` where there is none."""
    if run.flags.get("baseline", "none") == "none" and _RECIPES.is_dir():
        for name, figure in _FIGURES.items():
            recipe = _recipe(name)
            if all(
                run.flags.get(flag, usual) == recipe.get(flag, usual)
                for flag, usual in _PROBLEM.items()
            ):
                text = ", ".join(_differences(run, recipe, figure))
                steps, _ = _budget(recipe)
                return Published(figure.accuracy, text, figure.tasks, steps)
    return Published(MISSING, "", 0, 0)


@functools.cache
def _recipe(name: str) -> dict[str, str]:
    return read_flagfile((_RECIPES / f"{name}.flags").read_text(encoding="utf-8"))


def _differences(run: Run, recipe: dict[str, str], figure: Figure) -> list[str]:
    """What the published run had, where this one has not."""
    flags, found = run.flags, []
    if figure.target:
        found.append(figure.target)
    elif _layers(flags) != _layers(recipe):
        found.append(network(recipe))
    if flags["target"] == "resnet" and flags.get("transductive", "false") == "false":
        found.append("batch statistics of whole test sets")
    if flags["granularity"] != recipe["granularity"]:
        found.append(f"{recipe['granularity']} masks")
    # Masks of units have a scale that the figure's cannot have had.
    elif flags["sparsity"] != "0" and (
        flags.get("mask_scale", "1") != recipe.get("mask_scale", "1")
    ):
        found.append(f"mask scale {recipe.get('mask_scale', '1')}")
    if run.learned_tasks != figure.tasks:
        found.append(f"{figure.tasks} tasks")
    if flags.get("limit_train", "0") != "0":
        found.append("all training data")
    if _budget(flags) != _budget(recipe):
        steps, batch = _budget(recipe)
        found.append(f"{steps:,} steps of {batch}")
    if run.measured_on != "test":
        found.append("test data")
    return found


def _layers(flags: dict[str, str]) -> str:
    """The network, whatever batch norm does in evaluation."""
    return network(flags | {"transductive": "false"})


def _budget(flags: dict[str, str]) -> tuple[int, int]:
    return int(flags["steps_per_task"]), int(flags["batch_size"])
