"""Forward transfer: what a new task takes from earlier ones.

With unit masks and protection by use a new task may not change what earlier tasks
stand on, so it cannot fine-tune it in place. But its own units are free: here they
receive the weights of an earlier task's units, and the new task fine-tunes the copy.
Or it reads earlier tasks' units as they are, besides its own (`read`).
"""

from hypermask_tf.transfer.inherit import check_inherit, inherit
from hypermask_tf.transfer.nearest import nearest_task
from hypermask_tf.transfer.quieten import quieten
from hypermask_tf.transfer.scores import strengthen

__all__ = ["check_inherit", "inherit", "nearest_task", "quieten", "strengthen"]
