"""Tries mutants, several at once, and writes down what the tests said."""

import dataclasses
import pathlib
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence

import pytest

from tools.mutants.mutant import Mutant
from tools.mutants.rooms import ROOMS, Room
from tools.mutants.session import Outcome, Session
from tools.mutants.trial import Trial, copy_tree

Job = tuple[str, Mutant]
_PASSED = (0, int(pytest.ExitCode.NO_TESTS_COLLECTED))


@dataclasses.dataclass
class Campaign:
    """Runs the tests of rooms against mutants of them.

    Attributes:
        root: The checkout.
        session: Where outcomes go.
        workers: How many mutants are tried at once.
        say: Gets a line of progress.
        rooms: What belongs together.
        slack: Seconds that a room's tests have besides three times what they take.
    """

    root: pathlib.Path
    session: Session
    workers: int
    say: Callable[[str], None] = print
    rooms: Mapping[str, Room] = dataclasses.field(default_factory=lambda: ROOMS)
    slack: float = 60

    def run(self, jobs: Sequence[Job]) -> None:
        """Tries all mutants; each room must pass as it is first.

        Raises:
            RuntimeError: If the tests of a room fail without any mutant.
        """
        with tempfile.TemporaryDirectory(prefix="mutants_") as folder:
            # A copy of the checkout for each worker.
            trees = [pathlib.Path(folder) / f"tree{i}" for i in range(self.workers)]
            digest, *_ = [copy_tree(self.root, tree) for tree in trees]
            limits = {
                room: self.slack + 3 * self._seconds(trees[0], digest, room)
                for room in dict.fromkeys(room for room, _ in jobs)
            }
            self._try_all(trees, limits, jobs)

    def _seconds(self, tree: pathlib.Path, digest: str, room: str) -> float:
        """How long the tests of a room take as they are."""
        known = self.session.passed(room, digest)
        if known is not None:
            return known
        trial = Trial(tree, self.rooms[room].tests, limit=3600)
        while not trial.done():
            time.sleep(0.1)
        if trial.status != 0:
            log = tree.with_suffix(".log").read_text("utf-8", "replace")
            raise RuntimeError(
                f"The tests of room {room!r} must pass without a fault first. "
                f"Received: status {trial.status}, {trial.failure}\n{log[-3000:]}"
            )
        self.say(f"{room}: its tests take {trial.seconds:.0f} s as they are")
        self.session.note_passed(room, digest, trial.seconds)
        return trial.seconds

    def _try_all(
        self,
        trees: Sequence[pathlib.Path],
        limits: dict[str, float],
        jobs: Sequence[Job],
    ) -> None:
        waiting, free = list(jobs), list(trees)
        running: list[tuple[pathlib.Path, str, Job, Trial]] = []
        started, finished = time.monotonic(), 0
        try:
            while waiting or running:
                while waiting and free:
                    tree, (room, mutant) = free.pop(), waiting.pop(0)
                    # The copy's, since the checkout may change meanwhile.
                    original = (tree / mutant.file).read_text("utf-8")
                    (tree / mutant.file).write_text(mutant.source(original), "utf-8")
                    trial = Trial(tree, self.rooms[room].tests, limits[room])
                    running.append((tree, original, (room, mutant), trial))
                for entry in [entry for entry in running if entry[-1].done()]:
                    running.remove(entry)
                    tree, original, job, trial = entry
                    (tree / job[1].file).write_text(original, "utf-8")
                    free.append(tree)
                    finished += 1
                    pace = (time.monotonic() - started) / finished
                    left = f"about {pace * (len(jobs) - finished) / 60:.0f} min left"
                    self._note(job, trial, f"[{finished}/{len(jobs)}, {left}]")
                time.sleep(0.1)
        finally:
            for *_, trial in running:
                trial.stop()

    def _note(self, job: Job, trial: Trial, progress: str) -> None:
        room, mutant = job
        outcome = _outcome(trial)
        self.session.put(room, mutant, outcome)
        self.say(
            f"{progress} {outcome.outcome} after {outcome.seconds:.0f} s: {room} "
            f"{mutant.file}:{mutant.line} {mutant.after[:60]}"
        )


def _outcome(trial: Trial) -> Outcome:
    if trial.timed_out:
        word = "timed out"
    else:
        word = "survived" if trial.status in _PASSED else "killed"
    return Outcome(word, trial.failure, round(trial.seconds, 1))
