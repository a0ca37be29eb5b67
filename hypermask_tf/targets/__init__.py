"""Target networks: functions that return plain Keras models."""

from hypermask_tf.targets.convnet import convnet
from hypermask_tf.targets.initial import INITIALIZERS
from hypermask_tf.targets.mlp import mlp
from hypermask_tf.targets.registry import get, names
from hypermask_tf.targets.resnet import resnet
from hypermask_tf.targets.zenkenet import zenkenet

__all__ = ["INITIALIZERS", "convnet", "get", "mlp", "names", "resnet", "zenkenet"]
