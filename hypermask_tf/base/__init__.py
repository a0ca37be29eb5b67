"""Trained networks that tasks stand on."""

from hypermask_tf.base.base import Base
from hypermask_tf.base.frozen_base import FrozenBase
from hypermask_tf.base.prune import prune

__all__ = ["Base", "FrozenBase", "prune"]
