"""The learner."""

from hypermask_tf.learner.hypermask import HyperMask

__all__ = ["HyperMask"]
