"""What keeps earlier tasks as they were while a further one is learned."""

from hypermask_tf.protection.freeze import Freeze
from hypermask_tf.protection.protected_weights import ProtectedWeights
from hypermask_tf.protection.protection import Protection
from hypermask_tf.protection.weight_penalty import WeightPenalty

__all__ = ["Freeze", "ProtectedWeights", "Protection", "WeightPenalty"]
