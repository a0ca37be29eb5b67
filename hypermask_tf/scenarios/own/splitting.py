"""Which samples of one's own data are learned from, validated and tested on."""

from collections.abc import Mapping

import numpy as np

from hypermask_tf.scenarios.own.samples import OwnSamples, Rows, Texts
from hypermask_tf.scenarios.seeding import random_permutation
from hypermask_tf.scenarios.task import SPLITS


def split_samples(
    samples: OwnSamples,
    name: str,
    *,
    test_size: float,
    validation_size: float,
    seed: tuple[int, ...],
) -> dict[str, Rows]:
    """Divides the samples of a task.

    What the files say of it is honoured. Otherwise every class gives its share to the
    test and to the validation data, and groups stay whole. Only where a class has a
    single group left to learn from, and that is a recording, validation is the last
    part of it; the windows that overlap with that part are left out.

    Args:
        samples: The samples.
        name: The task, for messages.
        test_size: Share of each class that is the test set.
        validation_size: Share of what is left that is for validation.
        seed: Seed of the order in which groups are chosen.

    Returns:
        Ascending rows by split.

    Raises:
        ValueError: If a class lacks samples, or one of the test is never learned.
    """
    if (samples.splits != "").any():
        rows = {split: np.flatnonzero(samples.splits == split) for split in SPLITS}
        _check_given(samples, rows, name)
        train, test = rows["train"], rows["test"]
        if len(rows["validation"]):
            return rows
    else:
        every = np.arange(len(samples))
        test = _set_aside(samples, every, test_size, (*seed, 0))
        _check_tested(samples, test, name)
        train = np.setdiff1d(every, test)
    if not validation_size:
        return {"train": train, "validation": train[:0], "test": test}
    train, validation = _validation(samples, train, validation_size, (*seed, 1), name)
    return {"train": train, "validation": validation, "test": test}


def _set_aside(
    samples: OwnSamples, rows: Rows, share: float, seed: tuple[int, ...]
) -> Rows:
    """Whole groups with a share of every class, of which each keeps some group."""
    groups, group_of = np.unique(samples.groups[rows], return_inverse=True)
    classes, class_of = np.unique(samples.labels[rows], return_inverse=True)
    counts = np.zeros((len(groups), len(classes)), int)
    np.add.at(counts, (group_of, class_of), 1)
    wanted = np.maximum(1, np.round(share * counts.sum(axis=0)))
    left, taken = counts.sum(axis=0), np.zeros(len(classes))
    chosen = []
    for group in random_permutation(len(groups), *seed):
        count = counts[group]
        has = count > 0
        if (taken < wanted)[has].any() and (left - count)[has].all():
            chosen.append(group)
            taken, left = taken + count, left - count
    return rows[np.isin(group_of, chosen)]


def _validation(
    samples: OwnSamples,
    train: Rows,
    share: float,
    seed: tuple[int, ...],
    name: str,
) -> tuple[Rows, Rows]:
    validation = _set_aside(samples, train, share, seed)
    without = np.setdiff1d(samples.labels[train], samples.labels[validation])
    rest = np.setdiff1d(train, validation)
    for label in without:
        if samples.recordings is None:
            raise ValueError(
                f"Expected three or more groups of samples of every class: one to "
                f"learn from, one to validate and one to test on. Received: {name}, "
                f"class {str(label)!r} with {_groups(samples, label)}. Add some, or "
                "pass validation_size=0."
            )
        own = rest[samples.labels[rest] == label]
        last, between = _last_part(samples, own, share, f"{name}, class {label!s}")
        validation = np.union1d(validation, last)
        rest = np.setdiff1d(rest, np.concatenate([last, between]))
    return rest, validation


def _last_part(
    samples: OwnSamples, rows: Rows, share: float, what: str
) -> tuple[Rows, Rows]:
    """The last windows of each recording, and those that overlap with them."""
    recordings = np.asarray(samples.recordings)
    last, between = [], []
    for recording in np.unique(recordings[rows]):
        own = rows[recordings[rows] == recording]
        start = len(own) - max(1, round(share * len(own)))
        first = start - samples.overlapping
        if first < 1:
            raise ValueError(
                "Expected recordings long enough to validate on their last part. "
                f"Received: {what}, a recording of {len(own)} windows. Record longer, "
                "take a shorter --window, or record it more often."
            )
        last.append(own[start:])
        between.append(own[first:start])
    return np.concatenate(last), np.concatenate(between)


def _check_given(samples: OwnSamples, rows: Mapping[str, Rows], name: str) -> None:
    unknown = sorted(set(samples.splits.tolist()) - set(SPLITS))
    if unknown:
        raise ValueError(
            f"Expected every sample of {name} in one of {list(SPLITS)}. Received: "
            f"{[text or 'none' for text in unknown]}. Name the split of all samples, "
            "or of none."
        )
    for split in ("train", "test"):
        if not len(rows[split]):
            raise ValueError(
                f"Expected {split} samples of {name}, whose files name their splits. "
                "Received: none. Add some, or leave the splits out."
            )
    for split in ("validation", "test"):
        unseen = np.setdiff1d(
            samples.labels[rows[split]], samples.labels[rows["train"]]
        )
        if len(unseen):
            raise ValueError(
                f"Expected training samples of every class of the {split} data. "
                f"Received: {name} without any of {unseen.tolist()}. Add some, or "
                "remove the class."
            )


def _check_tested(samples: OwnSamples, test: Rows, name: str) -> None:
    untested = np.setdiff1d(samples.labels, samples.labels[test])
    if len(untested):
        label = untested[0]
        raise ValueError(
            "Expected two or more groups of samples of every class, of which one is "
            f"tested on and never learned. Received: {name}, class {str(label)!r} with "
            f"{_groups(samples, label)}. Add samples, or remove the class."
        )


def _groups(samples: OwnSamples, label: str) -> str:
    own: Texts = np.unique(samples.groups[samples.labels == label])
    names = ", ".join(str(group) for group in own[:3])
    return f"{len(own)} ({names})"
