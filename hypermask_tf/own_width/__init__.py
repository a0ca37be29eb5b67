"""A task's network at its own width: what is off is not computed at all."""

from hypermask_tf.own_width.make_own_width import make_own_width
from hypermask_tf.own_width.own_width_error import OwnWidthError
from hypermask_tf.own_width.own_width_target import OwnWidthTarget

__all__ = ["OwnWidthError", "OwnWidthTarget", "make_own_width"]
