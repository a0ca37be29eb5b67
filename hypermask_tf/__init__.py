"""HyperMask: continual learning with a mask per task, in Keras.

Reference: HyperMask, arXiv 2310.00113.
"""

from hypermask_tf import inference, outliers, scenarios, targets, training, transfer
from hypermask_tf.capacity import Capacity
from hypermask_tf.compaction import compact, compaction_report
from hypermask_tf.hypermask import HyperMask
from hypermask_tf.hypernetworks import (
    ChunkedHypernetwork,
    Hypernetwork,
    MaskBank,
    MLPHypernetwork,
)
from hypermask_tf.metrics import AccuracyMatrix
from hypermask_tf.normalization import TransductiveBatchNormalization
from hypermask_tf.units import UnitGraph

__version__ = "0.1.0"

__all__ = [
    "AccuracyMatrix",
    "Capacity",
    "ChunkedHypernetwork",
    "HyperMask",
    "Hypernetwork",
    "MLPHypernetwork",
    "MaskBank",
    "TransductiveBatchNormalization",
    "UnitGraph",
    "compact",
    "compaction_report",
    "inference",
    "outliers",
    "scenarios",
    "targets",
    "training",
    "transfer",
]
