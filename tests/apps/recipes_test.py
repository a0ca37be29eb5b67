"""Every recipe parses, and says what to expect of it."""

import pathlib
import re

import pytest

RECIPES = sorted((pathlib.Path(__file__).parents[2] / "apps/recipes").glob("*.flags"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_header_states_accuracy_time_machine_and_command(path):
    header = "\n".join(
        line for line in path.read_text("utf-8").splitlines() if line.startswith("#")
    )
    assert re.search(r"average accuracy\s+\d+\.\d+", header)
    assert re.search(r"seeds?\s+\d", header)
    assert re.search(r"training\s+\d+ s", header)
    assert re.search(r"measured on\s+\S+", header)
    assert f"--flagfile=apps/recipes/{path.name}" in header


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_line_is_a_flag_of_the_command(path):
    from absl import flags

    from apps import train_flags

    known = {f.name for f in flags.FLAGS.get_key_flags_for_module(train_flags.__name__)}
    for line in path.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            name = line.removeprefix("--").split("=")[0]
            assert name in known or name.removeprefix("no") in known
