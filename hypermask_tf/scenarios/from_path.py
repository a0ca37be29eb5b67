"""Tasks from whatever lies at a path."""

import inspect
import os
from typing import Any

from hypermask_tf import files
from hypermask_tf.scenarios.from_csv import from_csv
from hypermask_tf.scenarios.from_folder import from_folder
from hypermask_tf.scenarios.from_npz import from_npz
from hypermask_tf.scenarios.scenario import Scenario

_FILES = {".csv": from_csv, ".npz": from_npz}


def from_path(path: str | os.PathLike[str], **options: Any) -> Scenario:
    """Makes a scenario of a folder, a CSV table or an `.npz` file.

    Args:
        path: Where the data lie.
        **options: Arguments of `from_folder`, `from_csv` or `from_npz`; None for
            their defaults.

    Raises:
        FileNotFoundError: If nothing lies there.
        ValueError: If it is something else, or an option is of another source.

    Example:

    ```python
    scenario = from_path("watch", window=128, overlap=0.5)
    ```
    """
    root = files.expanded(path)
    if root.is_dir():
        source: Any = from_folder
    elif not root.exists():
        raise FileNotFoundError(
            f"Expected a folder or a file of data. Received: no {root}. Name where "
            "they lie with --data, or with --data_dir for a run that has learned them."
        )
    elif root.suffix.lower() in _FILES:
        source = _FILES[root.suffix.lower()]
    else:
        raise ValueError(
            "Expected a folder task/class/file, a table (.csv) or arrays (.npz). "
            f"Received: {root}. docs/data.md shows each."
        )
    given = {name: value for name, value in options.items() if value is not None}
    known = list(inspect.signature(source).parameters)[1:]
    unknown = [name for name in given if name not in known]
    if unknown:
        raise ValueError(
            f"Expected choices for {root} among {known}. Received: "
            f"{unknown[0]}={given[unknown[0]]!r}. Leave it out."
        )
    scenario: Scenario = source(root, **given)
    return scenario
