"""How often a run is saved within a task."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class CheckpointPlan:
    """When to save between the ends of tasks, and how much of that to keep.

    Whichever comes first counts; a save waits for the end of its epoch. After every
    task a run is saved in any case.

    Args:
        epochs: Save after so many epochs of a task; 0 for never.
        minutes: Save when so many minutes have gone since the last save; 0 for never.
            A task that takes less is not slowed.
        keep: Saves within a task to keep, the latest ones. They go when it has ended.

    Raises:
        ValueError: If a number is out of its range.

    Example:

    >>> plan = CheckpointPlan(epochs=5, minutes=10)
    >>> plan.due(epoch=5, seconds=1), plan.due(epoch=6, seconds=1)
    (True, False)
    >>> plan.due(epoch=6, seconds=600)
    True
    """

    epochs: int = 0
    minutes: float = 10.0
    keep: int = 2

    def __post_init__(self) -> None:
        if self.epochs < 0 or self.minutes < 0 or self.keep < 1:
            raise ValueError(
                "`epochs` and `minutes` between saves are 0 or more, and at least one "
                f"save is kept. Received: epochs={self.epochs}, "
                f"minutes={self.minutes}, keep={self.keep}"
            )

    def due(self, epoch: int, seconds: float) -> bool:
        """Whether to save.

        Args:
            epoch: Epochs of the task that are done.
            seconds: Time since the last save.
        """
        by_epoch = self.epochs > 0 and epoch % self.epochs == 0
        return by_epoch or (self.minutes > 0 and seconds >= 60 * self.minutes)
