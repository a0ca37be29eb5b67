"""Normalisation that belongs to a task: its statistics, its scale and offset."""

from hypermask_tf.normalization.normalization_bank import NormalizationBank
from hypermask_tf.normalization.transductive_batch_normalization import (
    TransductiveBatchNormalization,
)

__all__ = ["NormalizationBank", "TransductiveBatchNormalization"]
