"""Who may have a unit: how many of a task's units must be free ones."""

import keras

from hypermask_tf.spec import Spec


class Allocation(Spec):
    """Says how many of a task's units no earlier task may use.

    A subclass defines `free_count`.

    Attributes:
        excludes_used: Whether it matters which units earlier tasks use. False lets
            scores alone decide.
    """

    excludes_used: bool = True

    def free_count(self, count: int, group: int) -> int:
        """How many of the `count` units that a task has in a group must be free ones.

        Where fewer are free, units of earlier tasks fill the gap.

        Args:
            count: Units of the task.
            group: Number of the group, from 0.
        """
        raise NotImplementedError

    def check_groups(self, groups: int) -> None:
        """Raises a ValueError if it does not suit a network of so many groups."""


@keras.saving.register_keras_serializable("hypermask_tf")
class AnyUnits(Allocation):
    """Scores alone decide: a task may share every unit with earlier ones."""

    excludes_used = False

    def free_count(self, count: int, group: int) -> int:
        return 0
