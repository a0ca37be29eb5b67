"""The search space of a sweep: flags of apps/train.py, and the values to try."""

import copy
import difflib
import math
import re
from collections.abc import Mapping
from typing import Any

from absl import flags
from optuna import Trial
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from hypermask_tf.cli.flagfiles import HARMLESS, flagfile, run_flags

Space = Mapping[str, BaseDistribution]
# What a sweep sets itself, and what has no effect on a result.
NOT_SWEPT = HARMLESS | {"seed", "measure"}
# Trials with other ones would be measured on other data, or on other tasks.
_OF_DATA = frozenset(
    "class_order class_seed classes_per_task data group_column group_pattern "
    "label_column split_column split_seed task_column test_size validation_size".split()
)
_RANGE = re.compile(r"([^|]+?)\.\.([^:|]+)(?::(log)|:step=(.+))?")
_SUGGEST: Mapping[type, Any] = {
    CategoricalDistribution: Trial.suggest_categorical,
    FloatDistribution: Trial.suggest_float,
    IntDistribution: Trial.suggest_int,
}


def parse_space(text: str) -> dict[str, BaseDistribution]:
    """Distributions by flag, from text such as `sparsity=80|90;beta=1e-4..1e-2:log`.

    Values are listed with `|` between them, or given as a range `low..high`, with
    `:log` for a logarithmic scale or `:step=NUMBER` for fixed steps. A range whose
    numbers are all whole has whole numbers in it.

    Raises:
        ValueError: If the text is not of that form.

    Example:

    >>> parse_space("sparsity=80|90;embedding_dim=8..64:step=8")
    {'sparsity': CategoricalDistribution(choices=('80', '90')),
     'embedding_dim': IntDistribution(high=64, log=False, low=8, step=8)}
    """
    space: dict[str, BaseDistribution] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        flag, _, values = part.partition("=")
        flag = flag.strip().lstrip("-")
        if not flag or not values.strip() or flag in space:
            raise ValueError(
                "Expected --space='flag=value|value;flag=low..high', each flag once. "
                f"Received: {part!r}"
            )
        parsed = _RANGE.fullmatch(values.replace(" ", ""))
        space[flag] = _range(part, *parsed.groups()) if parsed else _list(flag, values)
    if not space:
        raise ValueError("Expected a space. Pass for instance --space='sparsity=80|90'")
    return space


def _list(flag: str, text: str) -> CategoricalDistribution:
    values = [value.strip() for value in text.split("|")]
    if not all(values) or len(set(values)) < max(len(values), 2):
        raise ValueError(
            f"Expected two or more different values of {flag}, separated by |, or a "
            f"range such as 1e-4..1e-2:log or 100..400:step=100. Received: {text!r}. "
            f"Set a flag that does not vary with --{flag}=… instead"
        )
    return CategoricalDistribution(values)


def _range(part: str, low: str, high: str, log: str, step: str) -> BaseDistribution:
    whole = all(re.fullmatch(r"[+-]?\d+", text) for text in (low, high, step or "1"))
    number: Any = int if whole else float
    kind = IntDistribution if whole else FloatDistribution
    try:
        if not -math.inf < number(low) < number(high) < math.inf:
            raise ValueError("the first number is not below the second")
        options = {"step": number(step)} if step else {"log": bool(log)}
        return kind(number(low), number(high), **options)
    except ValueError as error:
        raise ValueError(
            "Expected a range such as 1e-4..1e-2:log or 100..400:step=100. "
            f"Received: {part!r}: {error}"
        ) from error


def grid_size(space: Space) -> int | None:
    """How many combinations of listed values there are; None with a range."""
    if not all(isinstance(among, CategoricalDistribution) for among in space.values()):
        return None
    return math.prod(len(vars(among)["choices"]) for among in space.values())


def check_space(space: Space, base: flags.FlagValues) -> None:
    """Tries the listed values and the ends of ranges as the training command would.

    Args:
        space: Distributions by flag.
        base: Parsed flags of the training command, for all that does not vary.

    Raises:
        ValueError: If a flag does not exist or cannot be swept, or refuses a value.
    """
    known = sorted(set(run_flags(base)) - NOT_SWEPT)
    for flag, among in space.items():
        if flag in NOT_SWEPT:
            raise ValueError(
                f"--{flag} is the same for all trials of a sweep (seeds are given by "
                f"--seeds). Received: {flag} in the space"
            )
        if flag in _OF_DATA:
            raise ValueError(
                f"--{flag} decides what is learned and measured, so that trials could "
                f"not be compared. Received: {flag} in the space"
            )
        if flag not in known:
            close = difflib.get_close_matches(flag, known)
            hint = f"Did you mean {' or '.join(close)}?" if close else ""
            raise ValueError(
                "Expected flags of apps/train.py in the space, which its --help lists. "
                f"Received: {flag}. {hint}"
            )
        options = vars(among)
        for value in options.get("choices") or (options["low"], options["high"]):
            try:
                trial_flags(as_text({flag: value}), base, seed=1)
            except flags.Error as error:
                raise ValueError(f"{flag}={value}: {error}") from error


def suggest(trial: Trial, space: Space) -> dict[str, Any]:
    """The values of one trial by flag, in the order of the space."""
    return {
        flag: _SUGGEST[type(among)](trial, flag, **vars(among))
        for flag, among in space.items()
    }


def as_text(values: Mapping[str, Any]) -> dict[str, str]:
    """Values as flags take them; fractions have four digits, for short names."""
    return {
        k: f"{v:.4g}" if isinstance(v, float) else str(v) for k, v in values.items()
    }


def trial_flags(settings: Mapping[str, str], base: flags.FlagValues, seed: int) -> str:
    """The flagfile of one run: the base, a trial's settings, and validation data.

    Raises:
        flags.Error: If a value is not allowed.
    """
    values = copy.deepcopy(base)
    chosen = [f"--{flag}={value}" for flag, value in settings.items()]
    values(["sweep", *chosen, f"--seed={seed}", "--measure=validation"])
    return flagfile(values)
