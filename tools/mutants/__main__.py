"""Puts small faults into the code and counts how many the fast tests see.

    python -m tools.mutants --rooms=masks,narrow --sample=20 --seed=1 --workers=2

A session goes on where it stopped. `--again` tries survivors once more, after tests
were added; `--list` only says what would be tried.
"""

import importlib
import os
import pathlib
from collections.abc import Sequence

from absl import app, flags

from tools.mutants.campaign import Campaign
from tools.mutants.mutant import sample
from tools.mutants.report import report
from tools.mutants.rooms import ROOMS
from tools.mutants.session import Session

_ROOMS = flags.DEFINE_list("rooms", list(ROOMS), "Which parts of the code.")
_SAMPLE = flags.DEFINE_integer("sample", 15, "Mutants a room.", lower_bound=1)
_SEED = flags.DEFINE_integer("seed", 1, "Which ones are drawn.")
_WORKERS = flags.DEFINE_integer("workers", 1, "Mutants at once.", lower_bound=1)
_SESSION = flags.DEFINE_string(
    "session", "build/mutants.json", "Where outcomes are kept; the table lies beside."
)
_AGAIN = flags.DEFINE_bool("again", False, "Try survivors once more.")
_LIST = flags.DEFINE_bool("list", False, "Only say what would be tried.")
# What takes long to import and is no part of what is mutated.
_SLOW = ("tensorflow", "keras", "numpy", "scipy.stats", "sklearn.linear_model")


def main(argv: Sequence[str]) -> None:
    """Runs the command."""
    if argv[1:] or not set(_ROOMS.value) <= ROOMS.keys():
        raise app.UsageError(
            f"Rooms are {', '.join(ROOMS)}. Received: {_ROOMS.value} {argv[1:]}"
        )
    root = pathlib.Path(__file__).resolve().parents[2]
    session = Session(root / _SESSION.value)
    drawn = {
        room: sample(root, ROOMS[room].sources, _SAMPLE.value, _SEED.value)
        for room in _ROOMS.value
    }
    jobs = [
        (room, mutant)
        for room, mutants in drawn.items()
        for mutant in mutants
        if (known := session.get(room, mutant)) is None
        or (_AGAIN.value and known.outcome == "survived")
    ]
    if _LIST.value:
        for room, mutant in jobs:
            print(f"{room} {mutant.key}")
        return
    if jobs:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        for name in _SLOW:
            importlib.import_module(name)
        Campaign(root, session, _WORKERS.value).run(jobs)
    table = report(session, drawn)
    (root / _SESSION.value).with_suffix(".md").write_text(table + "\n", "utf-8")
    print(table)


if __name__ == "__main__":
    app.run(main)
