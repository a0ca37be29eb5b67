"""Which recording or person a file is of, and which of its channels are mirrored."""

import re
from collections.abc import Sequence

import numpy as np

from hypermask_tf.scenarios.own.listing import OwnFile


def groups_of(found: Sequence[OwnFile], pattern: str | None) -> list[str]:
    """The group of each file.

    Args:
        found: The files.
        pattern: Regular expression: what it finds in a file's name, or in its first
            parentheses, is the group, over all classes of a task. None for a group of
            its own for each file.

    Raises:
        ValueError: If it is no regular expression, or a name has no match.
    """
    if pattern is None:
        return [f"{file.label}/{file.path.name}" for file in found]
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ValueError(
            f"Expected a regular expression. Received: group_pattern={pattern!r} "
            f"({error}). '^[^_]+' finds what stands before the first underscore."
        ) from error
    names = []
    for file in found:
        match = compiled.search(file.path.stem)
        if match is None:
            raise ValueError(
                f"Expected group_pattern={pattern!r} to find a group in every file's "
                f"name. Received: {file.path}. Rename it, or change the pattern."
            )
        names.append(match.group(1) if compiled.groups else match.group())
    return names


def each_alone(tasks: np.ndarray) -> np.ndarray:
    """A group of its own for every sample, counted within its task.

    So that a task is divided as before when samples of another are gone.
    """
    places = np.zeros(len(tasks), int)
    for task in np.unique(tasks):
        own = tasks == task
        places[own] = np.arange(own.sum())
    return places.astype(str)


def mirrored(
    found: Sequence[OwnFile],
    arrays: Sequence[np.ndarray],
    channels: Sequence[str],
    mirror: str | None,
    required: bool = True,
) -> list[np.ndarray]:
    """Recordings in which channels of a mirrored sensor have changed their sign.

    A sensor on the other wrist, or the other way round, sees a mirror image.

    Args:
        found: The files.
        arrays: What they hold.
        channels: Names of the channels.
        mirror: `"right:ax,wy,wz"`: the files with `right` in their names, and their
            channels; None for none.
        required: Whether there must be such files.

    Raises:
        ValueError: If it is not written so, or names no channel or no file.
    """
    if mirror is None:
        return list(arrays)
    where, colon, listed = mirror.partition(":")
    names = [name.strip() for name in listed.split(",") if name.strip()]
    if not (where and colon and names and set(names) <= set(channels)):
        raise ValueError(
            "Expected part of a file's name, a colon and channels among "
            f"{list(channels)}, such as 'right:{channels[0]}'. Received: "
            f"mirror={mirror!r}."
        )
    if required and not any(where in file.path.stem for file in found):
        raise ValueError(
            f"Expected {where!r} in the names of some files. Received: "
            f"mirror={mirror!r}, and none such as {found[0].path.name}."
        )
    signs = np.array([-1.0 if name in names else 1.0 for name in channels], np.float32)
    return [
        array * signs if where in file.path.stem else array
        for file, array in zip(found, arrays, strict=True)
    ]
