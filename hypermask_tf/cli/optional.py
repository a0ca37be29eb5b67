"""Packages that only some commands need."""

from hypermask_tf.checks import require

__all__ = ["require"]
