"""Tasks from a table: a CSV file with a row a sample."""

import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hypermask_tf import files
from hypermask_tf.checks import check_choice, require
from hypermask_tf.scenarios.own import options
from hypermask_tf.scenarios.own.fingerprint import checked
from hypermask_tf.scenarios.own.groups import each_alone
from hypermask_tf.scenarios.own.labels import chosen_kind, have_fractions, targets
from hypermask_tf.scenarios.own.later import Later
from hypermask_tf.scenarios.own.names import check_names, task_names
from hypermask_tf.scenarios.own.recordings import read_csv
from hypermask_tf.scenarios.own.samples import OwnSamples
from hypermask_tf.scenarios.own.table import CATEGORIES, texts_of
from hypermask_tf.scenarios.own.table_rows import TableRows
from hypermask_tf.scenarios.own.tasks import own_scenario
from hypermask_tf.scenarios.scenario import Scenario


def from_csv(
    path: str | os.PathLike[str],
    *,
    label_column: str | None = None,
    label_kind: str | None = None,
    task_column: str | None = None,
    group_column: str | None = None,
    split_column: str | None = None,
    ignore_columns: Sequence[str] = (),
    categories: str = "one_hot",
    num_tasks: int | None = None,
    seed: int = options.SEED,
    test_size: float = options.TEST_SIZE,
    validation_size: float = options.VALIDATION_SIZE,
    fingerprint: Mapping[str, str] | None = None,
    preprocessing: Mapping[str, Any] | None = None,
    forgotten: Sequence[str] = (),
) -> Scenario:
    r"""Makes a scenario of a table whose first line names its columns.

    Columns of numbers: empty cells take the median, and each is brought to mean 0 and
    deviation 1. Columns of text: a 0/1 input for each value, of which an empty cell is
    one; a value that no training row has gives zeros. All that is learned from the
    training rows of all tasks: they lie in one file, and the width of the input with
    them. It stands in `task.preprocessing["columns"]`, and
    `hypermask_tf.scenarios.encode_rows` does it on a device's side.

    Args:
        path: The file.
        label_column: The column with the class of each row, or the number to predict.
        label_kind: `"class"` or `"number"`. Defaults to `"number"` for a column of
            numbers of which some have a fraction, else to `"class"`.
        task_column: The column with its task; tasks are learned in the order of
            their names. Without it, the table is one task.
        group_column: The column of what must not be divided between training and
            test, such as a patient; each row stands alone by default.
        split_column: The column that says `train`, `validation` or `test`.
        ignore_columns: Columns to leave out.
        categories: `"one_hot"`; or `"codes"`, one input with the number of the value,
            for networks that begin with an embedding.
        num_tasks: Keep only so many tasks from the start. Defaults to all.
        seed: Seed of the split.
        test_size: Share of each class that is the test set.
        validation_size: Share of what is left for validation; 0 for none.
        fingerprint: As in `from_folder`.
        preprocessing: Likewise; a table that comes later may have fewer roles.
        forgotten: Likewise.

    Output shape:
        `(n, inputs)`, float32.

    Returns:
        A `Scenario` named `"data:<file>"`.

    Raises:
        FileNotFoundError: If there is no such file.
        ImportError: If pandas is not installed.
        ValueError: If a column is missing or of no use, a label is empty or no
            number, or the data have changed.

    Example:

    >>> import pathlib, tempfile
    >>> from hypermask_tf.scenarios import from_csv
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "visits.csv"
    >>> rows = [
    ...     f"{'ab'[i % 2]},{i},{'x' if i % 3 else ''},{i // 2 % 2}" for i in range(80)
    ... ]
    >>> _ = path.write_text("clinic,age,drug,well\n" + "\n".join(rows))
    >>> scenario = from_csv(path, label_column="well", task_column="clinic")
    >>> scenario
    <Scenario 'data:visits' tasks=2 input=(3,)>
    """
    path = files.expanded(path).resolve()
    frame = read_csv(require("pandas", "which reads CSV files"), path)
    roles = {
        "label_column": label_column,
        "task_column": task_column,
        "group_column": group_column,
        "split_column": split_column,
    }
    _check_columns(frame, path, roles, ignore_columns)
    config = {
        **roles,
        "ignore_columns": list(ignore_columns),
        "categories": check_choice("categories", categories, CATEGORIES),
        **options.shared_config(seed, test_size, validation_size, num_tasks),
    }
    recorded = fingerprint is not None or preprocessing is not None
    fractions = have_fractions(frame[label_column].to_numpy())
    config["label_kind"] = chosen_kind(label_kind, fractions, recorded)
    taken = {name for name in roles.values() if name} | set(ignore_columns)
    names = [str(name) for name in frame.columns if name not in taken]
    if not names:
        raise ValueError(
            f"Expected columns to learn from in {path}. Received: only "
            f"{list(frame.columns)}, which are all named or ignored."
        )
    columns = None if preprocessing is None else preprocessing["columns"]
    rows = TableRows(frame, names, categories, columns)
    samples = _samples(frame, path, roles, rows, config["label_kind"])
    found = {task: rows.fingerprint(task) for task in samples}
    config["fingerprint"] = checked(found, fingerprint, forgotten, path)
    later = Later(preprocessing, forgotten)
    return own_scenario(f"data:{path.stem}", samples, rows.describe, config, later)


def _check_columns(
    frame: Any,
    path: os.PathLike[str],
    roles: Mapping[str, str | None],
    ignored: Sequence[str],
) -> None:
    known = [str(name) for name in frame.columns]
    if not roles["label_column"]:
        raise ValueError(
            f"Expected the column of {path} that holds the classes. Received: no "
            f"label_column; its columns are {known}. Pass --label_column={known[-1]}, "
            "or another."
        )
    named = [*roles.items(), *(("ignore_columns", name) for name in ignored)]
    for role, name in named:
        if name and name not in known:
            raise ValueError(
                f"Expected a column of {path}: {known}. Received: {role}={name!r}."
            )
    used = [name for name in roles.values() if name]
    if len(set(used)) != len(used):
        raise ValueError(
            "Expected a column of its own for labels, tasks, groups and splits. "
            f"Received: {dict(roles)}."
        )


def _samples(
    frame: Any,
    path: pathlib.Path,
    roles: Mapping[str, str | None],
    rows: TableRows,
    kind: str,
) -> dict[str, OwnSamples]:
    """The rows of each task."""
    columns = {role: _filled(frame, path, name) for role, name in roles.items() if name}
    count = len(frame)
    name = str(roles["label_column"])
    values = frame[name].to_numpy()
    labels, numbers = targets(kind, values, columns["label_column"], name, path)
    tasks = columns.get("task_column", np.full(count, path.stem))
    tasks = task_names(tasks)
    groups = columns.get("group_column", each_alone(tasks))
    splits = columns.get("split_column", np.full(count, ""))
    names = sorted(set(tasks.tolist()))
    check_names("task", names)
    check_names("class", sorted(set(labels.tolist())))
    places = {name: np.flatnonzero(tasks == name) for name in names}
    return {
        name: OwnSamples(
            labels[own],
            groups[own],
            splits[own],
            rows.of_task(name, own),
            numbers=None if numbers is None else numbers[own],
        )
        for name, own in places.items()
    }


def _filled(frame: Any, path: pathlib.Path, name: str) -> np.ndarray:
    """The texts of a column without empty cells."""
    texts = np.array(texts_of(frame[name]))
    empty = np.flatnonzero(texts == "")
    if len(empty):
        raise ValueError(
            f"Expected a value in every row of the column {name!r} of {path}. "
            f"Received: {len(empty)} empty cells, the first in row {empty[0] + 2}. "
            "Fill them, or remove the rows."
        )
    return texts
