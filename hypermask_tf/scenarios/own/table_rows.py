"""The rows of a table, as raw samples of its tasks."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from hypermask_tf.scenarios.own.fingerprint import of_text
from hypermask_tf.scenarios.own.samples import OwnSamples, Rows
from hypermask_tf.scenarios.own.table import describe_columns, encode_rows


class TableRows:
    """Encodes a table once it is known which rows may be learned from.

    Args:
        frame: The table.
        names: The columns to use.
        categories: How texts become numbers.
        columns: How they did so before; None to learn it.
    """

    def __init__(
        self,
        frame: Any,
        names: Sequence[str],
        categories: str,
        columns: Sequence[Mapping[str, Any]] | None = None,
    ) -> None:
        self._frame, self._names, self._categories = frame, list(names), categories
        self._columns = columns
        self._places: dict[str, Rows] = {}
        self._encoded: np.ndarray = np.zeros((0, 0), np.float32)

    def of_task(self, task: str, places: Rows) -> Callable[[Rows], np.ndarray]:
        """The function that takes samples of a task.

        Args:
            task: Its name.
            places: Its rows in the table.
        """
        self._places[task] = places
        return lambda rows: self._encoded[places[rows]]

    def fingerprint(self, task: str) -> str:
        """A hash of all cells in the rows of a task."""
        return of_text(self._frame.iloc[self._places[task]].to_csv(index=False))

    def describe(
        self, samples: Mapping[str, OwnSamples], rows: Mapping[str, Rows]
    ) -> dict[str, Any]:
        """How rows become inputs, learned from the training rows of all tasks."""
        del samples
        learned = [self._places[task][chosen] for task, chosen in rows.items()]
        chosen = np.sort(np.concatenate(learned))
        columns = self._columns or describe_columns(
            self._frame, self._names, chosen, self._categories
        )
        self._encoded = encode_rows(self._frame, columns)
        return {"kind": "table", "raw_dtype": "float32", "columns": list(columns)}
