"""Learning a whole scenario: the task sequence, its run folder, its callbacks."""

from hypermask_tf.training.batches import task_batches
from hypermask_tf.training.evaluation import task_accuracy
from hypermask_tf.training.run_folder import RunFolder
from hypermask_tf.training.stop_on_non_finite import NonFiniteLossError, StopOnNonFinite
from hypermask_tf.training.task_sequence import TaskSequence

__all__ = [
    "NonFiniteLossError",
    "RunFolder",
    "StopOnNonFinite",
    "TaskSequence",
    "task_accuracy",
    "task_batches",
]
