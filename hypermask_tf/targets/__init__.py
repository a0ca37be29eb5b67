"""Target networks: functions that return plain Keras models."""

from hypermask_tf.targets.convnet import convnet
from hypermask_tf.targets.mlp import mlp
from hypermask_tf.targets.registry import get, names

__all__ = ["convnet", "get", "mlp", "names"]
