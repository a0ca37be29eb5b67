"""Names of tasks and classes: each is one thing."""

from collections.abc import Iterable

import numpy as np


def task_name(text: str) -> str:
    """The name of a task that data call `text`: a number alone would be an index.

    Example:

    >>> task_name("7"), task_name("left")
    ('task 7', 'left')
    """
    return f"task {text}" if text.strip().lstrip("+-").isdigit() else text


def task_names(texts: np.ndarray) -> np.ndarray:
    """The same of many."""
    return np.array([task_name(str(text)) for text in texts.tolist()])


def check_names(what: str, names: Iterable[str]) -> None:
    """Refuses names that a reader, or a file system, takes for the same.

    Args:
        what: What they name, in the singular.
        names: The names.

    Raises:
        ValueError: If two differ in case or blanks only, or one is empty.

    Example:

    >>> check_names("task", ["left", "right"])
    """
    seen: dict[str, str] = {}
    for name in names:
        key = " ".join(name.split()).casefold()
        if not key:
            raise ValueError(
                f"Expected every {what} to have a name. Received: {name!r}. Give it "
                "one."
            )
        if key in seen:
            raise ValueError(
                f"Expected a name of its own for every {what}. Received: "
                f"{seen[key]!r} and {name!r}. Rename one, or put both together."
            )
        seen[key] = name
