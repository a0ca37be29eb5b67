"""A task of which only the description is at hand."""

from collections.abc import Mapping
from typing import Any

from hypermask_tf.scenarios.number import Number
from hypermask_tf.scenarios.task import SPLITS, Arrays, Task


class RecordedTask(Task):
    """What a run has written down of a task; its data are not at hand.

    A network that has learned it and does not change any more needs none of them.

    Args:
        entry: Its entry in the manifest of a run: `index`, `name`, `classes`,
            `class_names`, the number of samples of each split, and the scale of the
            `number` that it predicts, if it does.
        preprocessing: How raw samples became inputs.

    Example:

    >>> from hypermask_tf.scenarios.recorded_task import RecordedTask
    >>> entry = {"index": 2, "name": "ann", "classes": [0, 1], "train": 80}
    >>> RecordedTask(entry).sizes
    {'train': 80, 'validation': 0, 'test': 0}
    """

    def __init__(
        self, entry: Mapping[str, Any], preprocessing: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(
            entry["index"],
            entry["classes"],
            self._missing,
            sizes={split: entry.get(split, 0) for split in SPLITS},
            preprocessing=preprocessing,
            class_names=entry.get("class_names"),
            name=entry["name"],
            number=Number(**entry["number"]) if "number" in entry else None,
        )

    def _missing(self, split: str) -> Arrays:
        raise FileNotFoundError(
            f"Expected the data of task {self.name!r}. Received: none, for it was "
            f"asked for a task whose data are not at hand ({split})."
        )
