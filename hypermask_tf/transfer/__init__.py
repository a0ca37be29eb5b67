"""Forward transfer: what a new task takes from earlier ones.

With unit masks and protection by use a new task may not change what earlier tasks
stand on, so it cannot fine-tune it in place. But its own units are free: here they
receive the weights of an earlier task's units, and the new task fine-tunes the copy.
"""

from hypermask_tf.transfer.connections import zero_unused_connections
from hypermask_tf.transfer.inherit import check_inherit, inherit
from hypermask_tf.transfer.nearest import nearest_task
from hypermask_tf.transfer.scores import raise_scores

__all__ = [
    "check_inherit",
    "inherit",
    "nearest_task",
    "raise_scores",
    "zero_unused_connections",
]
