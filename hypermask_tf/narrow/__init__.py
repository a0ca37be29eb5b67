"""A task's network at its own width: what is off is not computed at all."""

from hypermask_tf.narrow.make_narrow import make_narrow
from hypermask_tf.narrow.narrow_target import NarrowTarget
from hypermask_tf.narrow.not_narrow_error import NotNarrowError

__all__ = ["NarrowTarget", "NotNarrowError", "make_narrow"]
