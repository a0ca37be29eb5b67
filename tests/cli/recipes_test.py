"""Every recipe parses, and says what to expect of it."""

import pathlib
import re

import pytest

from hypermask_tf.cli.flagfiles import read_flagfile
from tests.commands import forked

ROOT = pathlib.Path(__file__).parents[2]
RECIPES = sorted((ROOT / "apps/recipes").glob("*.flags"))
# Their headers say that nothing was measured, and how long they are.
NOT_MEASURED = (
    "paper_split_cifar100_fecam",
    "paper_split_tiny_imagenet_resnet",
    "paper_split_tiny_imagenet_zenkenet",
    "split_cifar100_resnet",
    "split_cifar100_zenkenet",
    "split_tiny_imagenet",
)
TASKS = {
    "permuted_mnist": 10,
    "split_cifar100": 10,
    "split_fashion_mnist": 5,
    "split_tiny_imagenet": 40,
}
# Half a recipe each: what to learn, and how.
HALVES = sorted((ROOT / "apps/recipes").glob("*/*.flags"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_header_states_accuracy_time_machine_and_command(path):
    header = "\n".join(
        line for line in path.read_text("utf-8").splitlines() if line.startswith("#")
    )
    assert f"--flagfile=apps/recipes/{path.name}" in header
    assert re.search(r"measured on\s+\S+", header)
    if path.stem in NOT_MEASURED:
        assert re.search(r"average accuracy\s+not measured here\s+\(.+\)", header)
        assert re.search(r"measured on\s+nothing yet", header)
        steps = re.search(r"training\s+.*?([\d,]+) steps$", header, re.MULTILINE)
        flags = read_flagfile(path.read_text("utf-8"))
        each = int(flags["steps_per_task"])
        # The header's number is that of the flags, for as many tasks as there are.
        tasks = int(steps[1].replace(",", "")) / each
        per_task = int(flags.get("classes_per_task", 0))
        assert tasks == (100 / per_task if per_task else TASKS[flags["benchmark"]])
        return
    assert re.search(r"average accuracy\s+\d+\.\d+", header)
    assert re.search(r"seeds?\s+\d", header)
    assert re.search(r"training\s+\d+ s", header)


def test_every_recipe_parses():
    assert len(HALVES) > 5
    # In a process of its own: flags of one name belong to several commands.
    code = (
        "import sys; from absl import flags; from hypermask_tf.cli import train_flags\n"
        "for path in sys.argv[1:]:\n"
        "    flags.FLAGS.unparse_flags()\n"
        "    flags.FLAGS(['train', f'--flagfile={path}', '--run_dir=x'])\n"
    )
    done = forked("-c", code, *RECIPES, *HALVES)
    assert done.returncode == 0, done.stderr
