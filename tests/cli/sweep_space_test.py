"""The search space of a sweep."""

import optuna
import pytest
from absl import flags
from optuna.distributions import (
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from hypermask_tf.cli.flagfiles import flagfile, read_flagfile
from hypermask_tf.cli.sweep_space import (
    as_text,
    check_space,
    grid_size,
    parse_space,
    suggest,
    trial_flags,
)
from tests.cli.sweep_fakes import make_base


@pytest.fixture
def base():
    return make_base()


def test_lists_and_ranges():
    space = parse_space(
        "hidden=8,8|16; lambda=1e-4..1e-1:log;beta=0..0.5;batch_size=32..128:step=32"
        ";decay=-1.5..1.5:step=.5;path=../a|../b"
    )
    assert space == {
        "hidden": CategoricalDistribution(["8,8", "16"]),
        "lambda": FloatDistribution(1e-4, 1e-1, log=True),
        "beta": FloatDistribution(0, 0.5),
        "batch_size": IntDistribution(32, 128, step=32),
        "decay": FloatDistribution(-1.5, 1.5, step=0.5),
        "path": CategoricalDistribution(["../a", "../b"]),
    }
    assert grid_size(space) is None
    assert grid_size(parse_space("lambda=1|2|3;hidden=8|16")) == 6


def test_suggestions_lie_in_the_space(base):
    space = parse_space("lambda=1e-4..1e-1:log;batch_size=32..128:step=32;hidden=8|16")
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    for _ in range(30):
        values = suggest(study.ask(), space)
        assert list(values) == list(space)
        assert 1e-4 <= values["lambda"] <= 1e-1
        assert values["batch_size"] in (32, 64, 96, 128)
        text = as_text(values)
        assert float(text["lambda"]) == pytest.approx(values["lambda"], rel=1e-3)
        assert text["hidden"] in ("8", "16")
        trial_flags(text, base, seed=1)


def test_a_trials_flagfile_differs_from_the_base_in_its_values(base):
    before = read_flagfile(flagfile(base))
    read = read_flagfile(trial_flags({"lambda": "0.1", "hidden": "8,8"}, base, seed=7))
    assert read == {**before, "lambda": "0.1", "hidden": "8,8", "seed": "7"}
    assert read_flagfile(flagfile(base)) == before


def test_every_trial_is_measured_on_validation_data(base):
    base(["sweep", "--measure=test"])
    assert read_flagfile(trial_flags({}, base, seed=1))["measure"] == "validation"


def test_switches_are_read_back(base):
    for text, value in (("--ramp", "true"), ("--noramp", "false")):
        base(["sweep", text])
        assert read_flagfile(flagfile(base))["ramp"] == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Expected a space"),
        ("lambda", "Received: 'lambda'"),
        ("lambda=", "Received: 'lambda='"),
        ("lambda=1|", "Received: '1|'"),
        ("lambda=1|2;lambda=3|4", "each flag once"),
        ("lambda=1", "two or more"),
        ("hidden=400,400", "separated by"),
        ("lambda=1|1", "two or more"),
        ("lambda=2..1", "not below"),
        ("lambda=1..1", "not below"),
        ("lambda=1..inf", "not below"),
        ("lambda=a..b", "could not convert"),
        ("lambda=0..1:log", "lambda=0..1:log"),
        ("lambda=1..2:linear", "two or more"),
        ("lambda=1..2:step=0", "step"),
        ("lambda=1..2:step=x", "could not convert"),
        ("lamda=1|2", "Did you mean lambda"),
        ("seed=1|2", "--seeds"),
        ("measure=test|validation", "same for all"),
        ("run_dir=a|b", "Expected flags"),
        ("qqq=1|2", "Received: qqq. $"),
        ("split_seed=1|2", "what is learned and measured"),
        ("lambda=1|-1", "lambda=-1"),
        ("lambda=-1..1", "lambda=-1"),
        ("lambda=1|much", "much"),
        ("batch_size=0.5..1.5", "batch_size=0.5"),
    ],
)
def test_what_cannot_be_swept_is_refused(base, text, message):
    with pytest.raises(ValueError, match=message.replace("|", r"\|")) as error:
        check_space(parse_space(text), base)
    assert not isinstance(error.value, flags.Error)
