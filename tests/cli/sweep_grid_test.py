"""The points of a sweep."""

import itertools

import pytest
from absl import flags

from hypermask_tf.cli.flagfiles import flagfile, read_flagfile
from hypermask_tf.cli.sweep_grid import make_points, parse_grid, point_flagfile


@pytest.fixture
def base():
    """Flags as those of the training command, apart from the command's own."""
    values = flags.FlagValues()
    options = {"flag_values": values, "module_name": "hypermask_tf.cli.train_flags"}
    flags.DEFINE_integer("seed", 1, "", **options)
    flags.DEFINE_float("lambda", 1.0, "", 0.0, **options)
    flags.DEFINE_list("hidden", ["400", "400"], "", **options)
    flags.DEFINE_bool("ramp", False, "", **options)
    flags.DEFINE_enum("measure", "validation", ["validation", "test"], "", **options)
    flags.DEFINE_string("run_dir", None, "", **options)
    values(["sweep"])
    return values


def test_points_are_all_combinations(base):
    grid = {"lambda": ["0.1", "1", "10"], "hidden": ["8,8", "16"], "ramp": ["0", "1"]}
    text = ";".join(f"{flag}={'|'.join(values)}" for flag, values in grid.items())
    assert parse_grid(text) == grid
    points = make_points(parse_grid(text), base)
    found = [tuple(dict(point.settings).values()) for point in points]
    assert found == list(itertools.product(*grid.values()))
    names = [point.name for point in points]
    assert len(set(names)) == len(names)
    assert not any(set(name) & set(",*?[]/ ") for name in names)


def test_a_points_flagfile_differs_from_the_base_in_its_values(base):
    grid = {"lambda": ["0.1", "1"], "hidden": ["8,8", "16"]}
    before = read_flagfile(flagfile(base))
    for point in make_points(grid, base):
        read = read_flagfile(point_flagfile(point, base, seed=7))
        settings = dict(point.settings)
        assert read["seed"] == "7"
        assert float(read.pop("lambda")) == float(settings["lambda"])
        assert read.pop("hidden") == settings["hidden"]
        assert {**read, "seed": "1"}.items() <= before.items()
    assert read_flagfile(flagfile(base)) == before


def test_switches_are_read_back(base):
    for text, value in (("--ramp", "true"), ("--noramp", "false")):
        base(["sweep", text])
        assert read_flagfile(flagfile(base))["ramp"] == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Expected a grid"),
        ("lambda", "Received: 'lambda'"),
        ("lambda=1|", "Received: 'lambda=1|'"),
        ("lambda=1|2;lambda=3|4", "each flag once"),
        ("lambda=1", "two or more"),
        ("hidden=400,400", "separated by"),
        ("lambda=1|1", "two or more"),
        ("lamda=1|2", "Did you mean lambda"),
        ("seed=1|2", "--seeds"),
        ("measure=test|validation", "same for all"),
        ("run_dir=a|b", "Expected flags"),
        ("lambda=1|-1", "lambda=-1"),
        ("lambda=1|much", "much"),
        ("hidden=8,8|8-8", "share a folder"),
    ],
)
def test_what_cannot_be_swept_is_refused(base, text, message):
    with pytest.raises(ValueError, match=message.replace("|", r"\|")):
        make_points(parse_grid(text), base)
