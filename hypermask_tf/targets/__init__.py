"""Target networks: functions that return plain Keras models."""

from hypermask_tf.targets.conv1d import conv1d
from hypermask_tf.targets.convnet import convnet
from hypermask_tf.targets.initial import INITIALIZERS
from hypermask_tf.targets.mlp import mlp
from hypermask_tf.targets.own import build_own, is_own
from hypermask_tf.targets.registry import get, names
from hypermask_tf.targets.resnet import resnet
from hypermask_tf.targets.zenkenet import zenkenet

__all__ = [
    "INITIALIZERS",
    "build_own",
    "conv1d",
    "convnet",
    "get",
    "is_own",
    "mlp",
    "names",
    "resnet",
    "zenkenet",
]
