"""Recordings of sensors: CSV files, a row a moment, a column a channel."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hypermask_tf.checks import require
from hypermask_tf.scenarios.own.listing import OwnFile


def read_recordings(found: Sequence[OwnFile]) -> tuple[list[np.ndarray], list[str]]:
    """Reads recordings with a first line of names, the same in all.

    Args:
        found: The files.

    Returns:
        Arrays `(time, channels)`, float32, and the names of the channels.

    Raises:
        ImportError: If pandas is not installed.
        ValueError: If one cannot be read, has other columns than the first, or holds
            something that is no finite number.
    """
    pandas = require("pandas", "which reads CSV files")
    arrays, names = [], None
    for file in found:
        frame = read_csv(pandas, file.path)
        columns = [str(name) for name in frame.columns]
        if names is None:
            names = columns
        if columns != names:
            raise ValueError(
                f"Expected the columns {names} in every recording, as in "
                f"{found[0].path}. Received: {columns} in {file.path}. Rename or "
                "remove columns."
            )
        arrays.append(_numbers(frame, file.path))
    return arrays, names or []


def read_csv(pandas: Any, path: Path) -> Any:
    """A data frame of a CSV file.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If it cannot be read, or has no rows.
    """
    try:
        frame = pandas.read_csv(path, skipinitialspace=True)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:  # pandas's own errors are ValueErrors
        why = " ".join(str(error).split())
        raise ValueError(
            f"Expected a CSV file with a first line of names. Received: {path} "
            f"({why}). Save it again, or remove it."
        ) from error
    if not len(frame):
        raise ValueError(
            f"Expected rows in {path}. Received: a first line of names and no more. "
            "Fill or remove it."
        )
    return frame


def _numbers(frame: Any, path: Path) -> np.ndarray:
    try:
        values = frame.to_numpy(dtype=np.float32)
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"Expected numbers only in {path}, a recording. Received: {error}. Remove "
            "columns of text, or the time if it is one."
        ) from error
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        row, column = bad[0]
        raise ValueError(
            f"Expected a finite number in every cell of {path}. Received: "
            f"{len(bad)} without, the first in row {row + 2}, column "
            f"{frame.columns[column]!r}. Fill gaps, for example with "
            "pandas.DataFrame.interpolate, or cut them out."
        )
    return np.ascontiguousarray(values)
