"""Trained networks that tasks stand on."""

from hypermask_tf.base.base import Base
from hypermask_tf.base.frozen_base import FrozenBase

__all__ = ["Base", "FrozenBase"]
