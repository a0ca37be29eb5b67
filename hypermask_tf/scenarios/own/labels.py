"""Whether the labels of a table or a file are classes, or numbers to predict."""

from pathlib import Path
from typing import Any

import numpy as np

from hypermask_tf.checks import check_choice
from hypermask_tf.scenarios.own.samples import Numbers, Texts

CLASS, NUMBER = "class", "number"
LABEL_KINDS = (CLASS, NUMBER)
# More different numbers than that, most of them rare, are hardly classes.
_MANY = 20


def chosen_kind(given: str | None, fractions: bool, recorded: bool) -> str:
    """What labels are: as asked for; else numbers if some have a fraction.

    Args:
        given: What is asked for; None for nothing.
        fractions: Whether some are numbers with a fraction.
        recorded: Whether a run has learned such data before: one that says nothing of
            their kind is of a version that knew classes only.

    Raises:
        ValueError: If there is no such kind.
    """
    if given is not None:
        return check_choice("label_kind", given, LABEL_KINDS)
    return NUMBER if fractions and not recorded else CLASS


def have_fractions(values: np.ndarray) -> bool:
    """Whether some of these are numbers, and not whole ones.

    Example:

    >>> have_fractions(np.array([1.0, 2.5])), have_fractions(np.array([1.0, 2.0]))
    (True, False)
    """
    if values.dtype.kind != "f":
        return False
    finite = values[np.isfinite(values)]
    return bool((finite != np.round(finite)).any())


def targets(
    kind: str, values: Any, texts: Texts, name: str, path: Path
) -> tuple[Texts, Numbers | None]:
    """The class of each sample; of numbers one for all, and the numbers.

    Args:
        kind: What labels are.
        values: The labels, `(n,)`.
        texts: The same as texts.
        name: What they are called.
        path: Where they are from.

    Raises:
        ValueError: If they are not of that kind.
    """
    if kind == NUMBER:
        return np.full(len(texts), name), _numbers(np.asarray(values), name, path)
    _check_classes(np.asarray(values), name, path)
    return texts, None


def _check_classes(values: np.ndarray, name: str, path: Path) -> None:
    """Raises a ValueError for numbers that are hardly meant as classes."""
    if values.dtype.kind not in "iuf":
        return
    found, counts = np.unique(values, return_counts=True)
    if len(found) > _MANY and np.median(counts) < 3:
        raise ValueError(
            f"Expected classes in {name!r} of {path}. Received: {len(found)} different "
            f"numbers in {len(values)} samples, most of them too few times to learn, "
            "validate and test them. Pass --label_kind=number to predict the number."
        )


def _numbers(array: np.ndarray, name: str, path: Path) -> Numbers:
    if array.dtype.kind not in "iuf":
        raise ValueError(
            f"Expected numbers to predict in {name!r} of {path}. Received: "
            f"{array.ravel()[:1].tolist()[0]!r}, for one. Pass --label_kind=class for "
            "classes."
        )
    with np.errstate(over="ignore"):
        result = array.astype(np.float32)
    bad = np.flatnonzero(~np.isfinite(result))
    if len(bad):
        raise ValueError(
            f"Expected a finite number for every sample in {name!r} of {path}. "
            f"Received: {len(bad)} that are empty, infinite or too large, the first of "
            f"sample {bad[0] + 1}. Fill them, or remove the samples."
        )
    return result
