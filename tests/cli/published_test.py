"""The published figure beside a run, and what it says of the difference."""

import pathlib

import pytest

from hypermask_tf.cli import tables
from hypermask_tf.cli.flagfiles import read_flagfile
from hypermask_tf.cli.published import published
from hypermask_tf.cli.runs import Run

RECIPES = pathlib.Path(__file__).parents[2] / "apps/recipes"
TASKS = {"split_mnist": 5, "permuted_mnist": 10, "split_cifar100": 10}


def _run(recipe, tasks=None, measured_on="test", **flags):
    chosen = read_flagfile((RECIPES / f"{recipe}.flags").read_text("utf-8")) | flags
    planned = TASKS.get(chosen["benchmark"], 40)
    results = {
        "num_tasks": planned,
        "train_seconds_per_task": [1.0] * (tasks or planned),
        "measured_on": measured_on,
    }
    return Run(pathlib.Path("x"), chosen, results)


def test_the_paper_s_recipe_in_full_stands_beside_its_figure_as_it_is():
    beside = published(_run("paper_split_mnist"))
    assert beside == ("99.64 ± 0.07", "", 5, 2000)
    resnet = published(_run("paper_split_cifar100_resnet", transductive="true"))
    assert resnet.accuracy == "77.34 ± 1.94"
    assert resnet.differences == ""


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"steps_per_task": "500"}, "2,000 steps of 128"),
        ({"batch_size": "32"}, "2,000 steps of 128"),
        ({"tasks": 2}, "5 tasks"),
        ({"limit_train": "100"}, "all training data"),
        ({"granularity": "unit"}, "weight masks"),
        ({"mask_scale": "width"}, "mask scale 1"),
        ({"hidden": "100,100"}, "mlp 400-400"),
        ({"measured_on": "validation"}, "test data"),
    ],
)
def test_a_run_that_is_not_the_published_one_says_so(changed, words):
    beside = published(_run("paper_split_mnist", **changed))
    assert (beside.accuracy, beside.differences) == ("99.64 ± 0.07", words)


def test_whose_figure_it_is_and_how_it_was_measured():
    differences = published(_run("paper_split_cifar100_resnet")).differences
    assert differences == "batch statistics of whole test sets"
    assert published(_run("paper_split_cifar100_zenkenet")).differences == "resnet"
    tiny = published(_run("paper_split_tiny_imagenet_zenkenet"))
    assert tiny.differences == "the better of resnet and zenkenet"
    ours = published(_run("split_cifar100_zenkenet"))
    assert ours.differences == "resnet, weight masks, 28,000 steps of 32"


@pytest.mark.parametrize(
    ("recipe", "changed"),
    [
        ("split_digits", {}),
        ("split_fashion_mnist", {}),
        ("paper_split_cifar100_fecam", {}),
        ("paper_split_mnist", {"classes_per_task": "5"}),
        ("paper_split_mnist", {"baseline": "alone"}),
        ("paper_split_mnist", {"target": "convnet"}),
    ],
)
def test_other_problems_have_no_figure(recipe, changed):
    assert published(_run(recipe, **changed)) == (tables.MISSING, "", 0, 0)
