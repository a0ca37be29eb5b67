"""What a session has found so far, in one file, so that it can go on later."""

import dataclasses
import json
import os
import pathlib
from typing import Any

from tools.mutants.mutant import Mutant

OUTCOMES = ("killed", "timed out", "survived")


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What the tests said of a mutant.

    Attributes:
        outcome: One of `OUTCOMES`.
        test: The first test that failed, if one did.
        seconds: How long it took.
    """

    outcome: str
    test: str
    seconds: float


class Session:
    """Outcomes by room and mutant, written to a file as they come.

    Args:
        path: The file; what it holds already is kept.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = pathlib.Path(path)
        self._rooms: dict[str, dict[str, dict[str, Any]]] = {}
        self._passed: dict[str, dict[str, Any]] = {}
        if self._path.exists():
            content = json.loads(self._path.read_text("utf-8"))
            self._rooms, self._passed = content["rooms"], content["passed"]

    def get(self, room: str, mutant: Mutant) -> Outcome | None:
        """What is known of a mutant; None if it has not been tried."""
        row = self._rooms.get(room, {}).get(mutant.key)
        return None if row is None else Outcome(**row["outcome"])

    def put(self, room: str, mutant: Mutant, outcome: Outcome) -> None:
        """Adds an outcome and writes the file."""
        self._rooms.setdefault(room, {})[mutant.key] = {
            "mutant": dataclasses.asdict(mutant),
            "outcome": dataclasses.asdict(outcome),
        }
        self._write()

    def passed(self, room: str, digest: str) -> float | None:
        """Seconds the tests of a room took as they are, if that is known.

        Args:
            room: Its name.
            digest: Of all files; what was known of others does not count.
        """
        known = self._passed.get(room, {})
        return known["seconds"] if known.get("digest") == digest else None

    def note_passed(self, room: str, digest: str, seconds: float) -> None:
        """Adds that the tests of a room pass, and writes the file."""
        self._passed[room] = {"digest": digest, "seconds": seconds}
        self._write()

    def _write(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_suffix(".part")
        content = {"passed": self._passed, "rooms": self._rooms}
        temporary.write_text(json.dumps(content, indent=1), "utf-8")
        os.replace(temporary, self._path)
