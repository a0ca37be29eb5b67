"""What is being done to a run, until it is done."""

import json
from typing import Any

from hypermask_tf import files
from hypermask_tf.training import RunFolder


class Journal:
    """One file in a run's folder, there while something is half done.

    A process that is killed leaves it behind, so that the next one finishes what is
    written there.

    Args:
        run: The run.
    """

    def __init__(self, run: RunFolder) -> None:
        self._path = run.path / "pending.json"

    def read(self) -> dict[str, Any] | None:
        """What was begun and has not ended; None if nothing.

        Raises:
            ValueError: If the file is damaged.
        """
        try:
            return dict(json.loads(self._path.read_text("utf-8")))
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise ValueError(f"{self._path} is damaged: {error}") from error

    def write(self, entry: dict[str, Any]) -> None:
        """Notes what is about to be done."""
        files.write_json(self._path, entry)

    def clear(self) -> None:
        """It is done."""
        self._path.unlink(missing_ok=True)
