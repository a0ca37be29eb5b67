"""Checks of arguments, with messages that help."""

import importlib
import math
import re
import sys
import unicodedata
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np

# What warnings do not point at.
_INSIDE = tuple(
    str(Path(str(package)).parent) for package in (__file__, keras.__file__)
)
_NAME = re.compile(r'(?![.\- ])[^/\\:*?"<>|]{1,64}(?<![. ])')
_NUMBER = re.compile(r"[+-]?\d+")


def check_task(task: Any, num_tasks: int) -> int:
    """Returns `task` as an int within capacity.

    Raises:
        TypeError: If it is not an integer.
        ValueError: If it is negative or beyond capacity.
    """
    if isinstance(task, bool) or not isinstance(task, int | np.integer):
        raise TypeError(
            f"`task` must be an integer, or the name of a task. Received: task={task!r}"
        )
    if task < 0:
        raise ValueError(f"`task` counts from 0. Received: task={task}")
    if task >= num_tasks:
        raise ValueError(
            f"`task` must be below the capacity of {num_tasks} tasks; "
            f"`model = model.extend({int(task) + 1})` makes room for it. "
            f"Received: task={task}"
        )
    return int(task)


def check_task_name(name: Any) -> str:
    r"""Returns the name of a task in the form that is kept (Unicode's NFC).

    It becomes the name of files: up to 64 characters, of which none is one of
    `/ \ : * ? " < > |` or cannot be printed, and which do not begin with `.`, `-` or a
    space, nor end with `.` or a space. A number is an index, not a name.

    Raises:
        TypeError: If it is not text.
        ValueError: If it is no name of a task.
    """
    if not isinstance(name, str):
        raise TypeError(f"The name of a task must be text. Received: {name!r}")
    name = unicodedata.normalize("NFC", name)
    if _NUMBER.fullmatch(name):
        raise ValueError(
            "A number is taken for the index of a task. Pass the index as an integer, "
            f"or give the task another name. Received: {name!r}"
        )
    if not _NAME.fullmatch(name) or not name.isprintable():
        raise ValueError(
            "Expected the name of a task: 1 to 64 characters that can be printed, "
            'without / \\ : * ? " < > | and without a dot, a dash or a space at the '
            f"start, or a dot or a space at the end. Received: {name!r}"
        )
    return name


def check_positive(name: str, value: Any, minimum: int = 1) -> int:
    """Returns an integer argument that must be at least `minimum`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"`{name}` must be an integer. Received: {name}={value!r}")
    if value < minimum:
        raise ValueError(
            f"`{name}` must be at least {minimum}. Received: {name}={value}"
        )
    return int(value)


def check_choice(name: str, value: Any, choices: tuple[str, ...]) -> str:
    """Returns `value` if it is one of `choices`."""
    if value not in choices:
        raise ValueError(
            f"`{name}` must be one of {list(choices)}. Received: {name}={value!r}"
        )
    return str(value)


def check_part(name: str, part: Any, kind: type) -> Any:
    """Returns `part` if it is of the kind that an argument takes."""
    if not isinstance(part, kind):
        raise TypeError(
            f"`{name}` must be of {kind.__name__}, or of a subclass. "
            f"Received: {name}={part!r}"
        )
    return part


def check_strength(name: str, value: Any) -> float:
    """Returns the weight of a loss term, which must be finite and not negative."""
    number = check_numbers(name, value)
    if isinstance(number, list) or not 0 <= number < math.inf:
        raise ValueError(
            f"`{name}` must be finite and not negative. Received: {name}={value}"
        )
    return number


def check_numbers(name: str, values: Any) -> float | list[float]:
    """Returns a number, or a list of them, that can be saved."""
    try:
        numbers = np.asarray(values, "float64")
    except (TypeError, ValueError):
        numbers = np.full((1, 1), np.nan)
    if numbers.ndim > 1 or isinstance(values, str | bool | None):
        raise TypeError(
            f"`{name}` must be a number, or one for each group. "
            f"Received: {name}={values!r}"
        )
    plain: float | list[float] = numbers.tolist()
    return plain


def four_digits(value: float) -> str:
    """A number of any size, rounded to four digits, as people write it.

    Example:

    >>> four_digits(23456.7), four_digits(0.26781), four_digits(300.0)
    ('23,460', '0.2678', '300')
    """
    return f"{float(f'{value:.4g}'):,.10g}"


def require(package: str, purpose: str, module: str | None = None) -> Any:
    """The module of a package that only some callers need.

    Args:
        package: Its name, as `pip` knows it.
        purpose: What it does, as in "which draws the plots".
        module: Its module's name, where that is another.

    Raises:
        ImportError: If it is not installed.

    Example:

    >>> require("math", "which counts").floor(1.5)
    1
    """
    try:
        return importlib.import_module(module or package)
    except ImportError as error:
        raise ImportError(
            f"Expected {package} to be installed, {purpose}. Received: {error}. Run "
            f"`pip install {package}`."
        ) from error


def warn(message: str) -> None:
    """A warning at the line of the user's that led here, however deep this is."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_INSIDE):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, stacklevel=level)
