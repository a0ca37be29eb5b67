"""Networks that emit every task's mask scores."""

from hypermask_tf.hypernetworks.chunked_hypernetwork import ChunkedHypernetwork
from hypermask_tf.hypernetworks.drift_penalty import DriftPenalty
from hypermask_tf.hypernetworks.hypernetwork import Hypernetwork
from hypermask_tf.hypernetworks.mask_bank import MaskBank
from hypermask_tf.hypernetworks.mlp_hypernetwork import MLPHypernetwork

__all__ = [
    "ChunkedHypernetwork",
    "DriftPenalty",
    "Hypernetwork",
    "MLPHypernetwork",
    "MaskBank",
]
