"""The shared network and what makes each task's network of it."""

from hypermask_tf.tasks.learner_state import LearnerState

__all__ = ["LearnerState"]
