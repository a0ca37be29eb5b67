"""HyperMask: continual learning with a mask per task, in Keras.

Reference: HyperMask, arXiv 2310.00113.
"""

from hypermask_tf import (
    export,
    inference,
    outliers,
    plots,
    scenarios,
    targets,
    training,
    transfer,
)
from hypermask_tf.base import Base, FrozenBase, prune
from hypermask_tf.compaction import compact, compaction_report
from hypermask_tf.hypernetworks import (
    ChunkedHypernetwork,
    DriftPenalty,
    Hypernetwork,
    MaskBank,
    MLPHypernetwork,
)
from hypermask_tf.learner import HyperMask
from hypermask_tf.learner.capacity import Capacity
from hypermask_tf.learner.finite_guard import NonFiniteLossError
from hypermask_tf.masks import (
    Allocation,
    AnyUnits,
    FreeUnitsFirst,
    MaskLayout,
    Masks,
    UnitMasks,
    WeightMasks,
)
from hypermask_tf.normalization import TransductiveBatchNormalization
from hypermask_tf.protection import (
    Freeze,
    ProtectedWeights,
    Protection,
    WeightPenalty,
)
from hypermask_tf.training.accuracy_matrix import AccuracyMatrix
from hypermask_tf.units import UnitGraph

__version__ = "0.1.0"

__all__ = [
    "AccuracyMatrix",
    "Allocation",
    "AnyUnits",
    "Base",
    "Capacity",
    "ChunkedHypernetwork",
    "DriftPenalty",
    "FreeUnitsFirst",
    "Freeze",
    "FrozenBase",
    "HyperMask",
    "Hypernetwork",
    "MLPHypernetwork",
    "MaskBank",
    "MaskLayout",
    "Masks",
    "NonFiniteLossError",
    "ProtectedWeights",
    "Protection",
    "TransductiveBatchNormalization",
    "UnitGraph",
    "UnitMasks",
    "WeightMasks",
    "WeightPenalty",
    "compact",
    "compaction_report",
    "export",
    "inference",
    "outliers",
    "plots",
    "prune",
    "scenarios",
    "targets",
    "training",
    "transfer",
]
