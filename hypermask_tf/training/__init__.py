"""Learning a whole scenario: the task sequence, its run folder, its callbacks."""

from hypermask_tf.learner.finite_guard import NonFiniteLossError
from hypermask_tf.training.batches import (
    balanced_weights,
    batch_rows,
    first_samples,
    task_batches,
)
from hypermask_tf.training.best_weights import BestWeights
from hypermask_tf.training.checkpoint import Checkpoint
from hypermask_tf.training.checkpoint_plan import CheckpointPlan
from hypermask_tf.training.checkpoints import Checkpoints
from hypermask_tf.training.device_loop import DeviceLoop, on_device
from hypermask_tf.training.distribution import (
    DISTRIBUTIONS,
    Distribution,
    distribute,
    is_chief,
    synchronize_normalization,
)
from hypermask_tf.training.evaluation import Scores, task_accuracy, task_scores
from hypermask_tf.training.first_weights import FirstWeights
from hypermask_tf.training.folder_in_use_error import FolderInUseError
from hypermask_tf.training.folder_lock import FolderLock
from hypermask_tf.training.grow_when_full import grow_when_full
from hypermask_tf.training.layout_map import hypernetwork_layout_map
from hypermask_tf.training.level_codes import LevelCodes
from hypermask_tf.training.network_stats import NetworkStats
from hypermask_tf.training.parents import INHERITANCE
from hypermask_tf.training.patience import Patience
from hypermask_tf.training.plateau import Plateau
from hypermask_tf.training.position import Position
from hypermask_tf.training.resumable import Resumable
from hypermask_tf.training.run_folder import RunFolder
from hypermask_tf.training.sequence_checks import CLASS_WEIGHTS, LOOPS, SELECTIONS
from hypermask_tf.training.sequence_options import MEASURES, SequenceOptions
from hypermask_tf.training.task_fit import fit_task
from hypermask_tf.training.task_sequence import TaskSequence
from hypermask_tf.training.training_stopped import TrainingStopped

__all__ = [
    "CLASS_WEIGHTS",
    "DISTRIBUTIONS",
    "INHERITANCE",
    "LOOPS",
    "MEASURES",
    "SELECTIONS",
    "BestWeights",
    "Checkpoint",
    "CheckpointPlan",
    "Checkpoints",
    "DeviceLoop",
    "Distribution",
    "FirstWeights",
    "FolderInUseError",
    "FolderLock",
    "LevelCodes",
    "NetworkStats",
    "NonFiniteLossError",
    "Patience",
    "Plateau",
    "Position",
    "Resumable",
    "RunFolder",
    "Scores",
    "SequenceOptions",
    "TaskSequence",
    "TrainingStopped",
    "balanced_weights",
    "batch_rows",
    "distribute",
    "first_samples",
    "fit_task",
    "grow_when_full",
    "hypernetwork_layout_map",
    "is_chief",
    "on_device",
    "synchronize_normalization",
    "task_accuracy",
    "task_batches",
    "task_scores",
]
