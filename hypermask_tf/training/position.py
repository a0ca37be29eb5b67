"""How far a run has come."""

import dataclasses
import re

_STEM = re.compile(r"task_(\d+)(?:_r(\d+))?|running_(\d+)_(\d+)")


@dataclasses.dataclass(frozen=True, order=True)
class Position:
    """The next thing to do in a run: a task, from one of its epochs on.

    Args:
        task: Tasks that are learned and measured, so the index of the next.
        epoch: Epochs of that task that are done.
        revision: How often the learner was changed there since, as by forgetting.

    Example:

    >>> Position(2, 0).stem, Position(2, 40).stem
    ('task_01', 'running_02_000040')
    >>> Position(2, revision=1).stem
    'task_01_r1'
    >>> Position.of("running_02_000040") > Position.of("task_01.keras")
    True
    """

    task: int = 0
    epoch: int = 0
    revision: int = 0

    @property
    def running(self) -> bool:
        """Whether it lies within a task."""
        return self.epoch > 0

    @property
    def stem(self) -> str:
        """Name of the checkpoint that was saved here; the start has none."""
        if self.running:
            return f"running_{self.task:02d}_{self.epoch:06d}"
        changed = f"_r{self.revision}" if self.revision else ""
        return f"task_{self.task - 1:02d}{changed}"

    @classmethod
    def of(cls, name: str) -> "Position":
        """The position that a file or stem is named after.

        Raises:
            ValueError: If it is not the name of a checkpoint.
        """
        found = _STEM.fullmatch(name.partition(".")[0])
        if found is None:
            raise ValueError(f"Expected the name of a checkpoint. Received: {name!r}")
        finished, revision, task, epoch = found.groups()
        if finished is not None:
            return cls(int(finished) + 1, revision=int(revision or 0))
        return cls(int(task), int(epoch))
