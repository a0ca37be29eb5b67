"""Rows of a table as numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hypermask_tf.checks import require

CATEGORIES = ("one_hot", "codes")
# More different texts than that, and more than half as many as rows: no category.
_MANY = 20


def describe_columns(
    frame: Any, names: Sequence[str], rows: np.ndarray, categories: str
) -> list[dict[str, Any]]:
    """How each column becomes numbers, learned from training rows only.

    Numbers: missing ones take the median, then mean 0 and deviation 1. Categories
    (text, yes and no): one 0/1 input for each value met, or with `"codes"` one input
    with the value's number from 1. What is missing is a value of its own where it was
    met. What was not met has zeros.

    Args:
        frame: The table.
        names: Its columns to use.
        rows: Rows to learn from.
        categories: `"one_hot"` or `"codes"`.

    Raises:
        ValueError: If a column is empty in these rows, or text that differs from row
            to row.
    """
    return [_describe(frame[name].iloc[rows], name, categories) for name in names]


def _describe(column: Any, name: str, categories: str) -> dict[str, Any]:
    pandas: Any = require("pandas", "which reads tables")
    types = pandas.api.types
    if column.isna().all():
        raise ValueError(
            f"Expected values in the column {name!r}. Received: none in any training "
            f"row. Leave it out with --ignore_columns={name}."
        )
    if types.is_numeric_dtype(column) and not types.is_bool_dtype(column):
        fill = float(column.median())
        values = column.fillna(fill).to_numpy(np.float64)
        if not np.isfinite(values).all():
            raise ValueError(
                f"Expected finite numbers or empty cells in the column {name!r}. "
                "Received: infinity. Replace it."
            )
        mean, std = float(values.mean()), float(values.std())
        return {
            "name": name,
            "kind": "number",
            "missing": fill,
            "mean": mean,
            "std": std if std > 1e-12 else 1.0,
        }
    texts = texts_of(column)
    values = sorted(set(texts))
    if len(values) > max(_MANY, len(texts) // 2):
        raise ValueError(
            f"Expected numbers or categories in the column {name!r}. Received: "
            f"{len(values)} different texts in {len(texts)} training rows, such as "
            f"{values[-1]!r}: a name or a remark? Leave it out with "
            f"--ignore_columns={name}."
        )
    return {"name": name, "kind": categories, "values": values}


def texts_of(column: Any) -> list[str]:
    """The texts of a column without blanks around; empty for what is missing."""
    return [
        "" if missing else str(value).strip()
        for value, missing in zip(column, column.isna(), strict=True)
    ]


def encode_rows(rows: Any, columns: Sequence[Mapping[str, Any]]) -> np.ndarray:
    """Rows of a table as inputs of the network.

    Args:
        rows: A data frame, or a dictionary of lists, with the columns described.
        columns: `task.preprocessing["columns"]` of a scenario of `from_csv`.

    Returns:
        float32, `(n, inputs)`.

    Raises:
        ValueError: If a column is missing, or holds text in place of numbers.

    Example:

    >>> columns = [
    ...     {"name": "age", "kind": "number", "missing": 40, "mean": 40, "std": 10},
    ...     {"name": "smokes", "kind": "one_hot", "values": ["no", "yes"]},
    ... ]
    >>> encode_rows({"age": [50, None], "smokes": ["yes", "?"]}, columns).tolist()
    [[1.0, 0.0, 1.0], [0.0, 0.0, 0.0]]
    """
    pandas: Any = require("pandas", "which reads tables")
    frame = pandas.DataFrame(rows)
    missing = [column["name"] for column in columns if column["name"] not in frame]
    if missing:
        raise ValueError(
            f"Expected the columns of the training data. Received: rows without "
            f"{missing}. Add them; cells may be empty."
        )
    parts = [_encode(frame[column["name"]], column) for column in columns]
    return np.concatenate(parts, axis=1).astype(np.float32)


def _encode(column: Any, how: Mapping[str, Any]) -> np.ndarray:
    if how["kind"] == "number":
        try:
            values = column.astype("float64").fillna(how["missing"]).to_numpy()
        except (ValueError, TypeError) as error:
            raise ValueError(
                f"Expected numbers in the column {how['name']!r}. Received: {error}. "
                "Empty cells are allowed."
            ) from error
        return ((values - how["mean"]) / how["std"])[:, None]
    places = {value: i for i, value in enumerate(how["values"])}
    codes = np.array([places.get(text, -1) for text in texts_of(column)], int)
    if how["kind"] == "codes":
        return (codes + 1.0)[:, None]
    return (codes[:, None] == np.arange(len(places))).astype(np.float64)
