"""A run that ended before its last task because it was asked to."""

from hypermask_tf.training.position import Position


class TrainingStopped(RuntimeError):  # noqa: N818 - nothing went wrong
    """Training was asked to stop; what was learned is saved.

    Args:
        position: Where to go on.
    """

    def __init__(self, position: Position) -> None:
        super().__init__(f"Training was asked to stop, at {position}.")
        self.position = position
