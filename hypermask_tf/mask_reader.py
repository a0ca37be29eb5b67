"""What a learner's masks are, task by task."""

import numpy as np
from keras import ops

from hypermask_tf import capacity, checks
from hypermask_tf.capacity import Capacity
from hypermask_tf.learner_state import int32
from hypermask_tf.task_learner import TaskLearner


class MaskReader(TaskLearner):
    """A learner that tells its masks, what they let through, and what they take.

    Args:
        All as in `HyperMask`, where they are explained.
    """

    def units_on(self, task: int) -> np.ndarray:
        """Which scores of `task` are on; boolean `(scores,)`, in the order of groups.

        With unit masks these are its units, group by group.

        Raises:
            ValueError: If the task is beyond capacity.
        """
        task = checks.check_task(task, self.num_tasks)
        return ops.convert_to_numpy(self._mask_of(task).on)

    def capacity(self) -> Capacity:
        """How much of the shared network the learned tasks take.

        Raises:
            ValueError: If use is not tracked (`protection` "all" or "current").
        """
        return capacity.capacity(self)

    def mask_arrays(self, task: int) -> list[np.ndarray | None]:
        """The masks of `task`, one per trainable variable of the target.

        Each is of its variable's shape; None where no mask touches it.

        Raises:
            ValueError: If the task is beyond capacity.
        """
        masks = self._mask_of(checks.check_task(task, self.num_tasks)).masks
        return [
            None
            if mask is None
            else np.broadcast_to(ops.convert_to_numpy(mask), variable.shape).copy()
            for variable, mask in zip(
                self.target.trainable_variables, masks, strict=True
            )
        ]

    def mask(self, task: int) -> dict[str, np.ndarray]:
        """The mask of `task`: variable path to an array of the variable's shape.

        Variables that no mask touches are left out. Where two variables share a
        path, as nested models allow, the later ones get their index behind it.

        Raises:
            ValueError: If the task is beyond capacity.
        """
        named: dict[str, np.ndarray] = {}
        for i, mask in enumerate(self.mask_arrays(task)):
            if mask is not None:
                path = self.target.trainable_variables[i].path
                named[f"{path}#{i}" if path in named else path] = mask
        return named

    def task_values(self, task: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Values of a task's variables: m ⊙ θ, and its normalisation's state.

        Returns:
            Arrays for the target's `trainable_variables` and for its
            `non_trainable_variables`.

        Raises:
            ValueError: If the task is beyond capacity.
        """
        task = checks.check_task(task, self.num_tasks)
        trainable, fixed = self._masked.values(
            self._mask_of(task),
            ops.convert_to_tensor(task, dtype="int32"),
            int32(self._current),
        )
        return (
            # A zero must not carry the sign of the weight behind it, which may change.
            [ops.convert_to_numpy(value) + 0 for value in trainable],
            [ops.convert_to_numpy(value) for value in fixed],
        )
