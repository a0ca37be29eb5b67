"""Target networks: functions that return plain Keras models."""

from hypermask_tf.targets.conv1d import conv1d
from hypermask_tf.targets.convnet import convnet
from hypermask_tf.targets.initial import INITIALIZERS
from hypermask_tf.targets.mlp import mlp
from hypermask_tf.targets.registry import get, names
from hypermask_tf.targets.resnet import resnet
from hypermask_tf.targets.zenkenet import zenkenet

__all__ = [
    "INITIALIZERS",
    "conv1d",
    "convnet",
    "get",
    "mlp",
    "names",
    "resnet",
    "zenkenet",
]
