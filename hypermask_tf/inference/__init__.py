"""Unknown task identity: which task an input comes from, which class, how sure.

A `TaskInference` looks at all learned tasks' networks at once, in one compiled call.
What it keeps of a task is statistics, written down right after the task was learned;
no sample is kept.
"""

from hypermask_tf.inference.decision_model import decision_model
from hypermask_tf.inference.density_energy import DensityEnergy
from hypermask_tf.inference.energy import Energy
from hypermask_tf.inference.entropy import Entropy
from hypermask_tf.inference.fecam import FeCAM
from hypermask_tf.inference.fixed_features import FixedFeatures
from hypermask_tf.inference.input_density import InputDensity
from hypermask_tf.inference.max_softmax import MaxSoftmax
from hypermask_tf.inference.prediction import Prediction
from hypermask_tf.inference.registry import DEFAULT, METHODS, NAMES, VARIANTS, get, load
from hypermask_tf.inference.replay import Replayed, replay
from hypermask_tf.inference.task_filter import TaskFilter
from hypermask_tf.inference.task_inference import TaskInference
from hypermask_tf.inference.task_networks import TaskNetworks
from hypermask_tf.inference.task_outputs import TaskOutputs

__all__ = [
    "DEFAULT",
    "METHODS",
    "NAMES",
    "VARIANTS",
    "DensityEnergy",
    "Energy",
    "Entropy",
    "FeCAM",
    "FixedFeatures",
    "InputDensity",
    "MaxSoftmax",
    "Prediction",
    "Replayed",
    "TaskFilter",
    "TaskInference",
    "TaskNetworks",
    "TaskOutputs",
    "decision_model",
    "get",
    "load",
    "replay",
]
