"""Help for task inference while a task is learned: inputs of no task, self-made."""

from hypermask_tf.outliers.self_made_outliers import SelfMadeOutliers

__all__ = ["SelfMadeOutliers"]
