"""Sequences of tasks: benchmarks by name, and scenarios of your own data."""

from hypermask_tf.scenarios import registry
from hypermask_tf.scenarios.augmentation import augmentation
from hypermask_tf.scenarios.auto_augment import AutoAugment
from hypermask_tf.scenarios.auto_augment_policies import POLICIES
from hypermask_tf.scenarios.band_masking import BandMasking
from hypermask_tf.scenarios.brightness_jitter import BrightnessJitter
from hypermask_tf.scenarios.from_arrays import from_arrays
from hypermask_tf.scenarios.from_csv import from_csv
from hypermask_tf.scenarios.from_folder import from_folder
from hypermask_tf.scenarios.from_npz import from_npz
from hypermask_tf.scenarios.from_path import from_path
from hypermask_tf.scenarios.from_tfds import from_tfds
from hypermask_tf.scenarios.log_mel import log_mel
from hypermask_tf.scenarios.npz_arrays import to_npz
from hypermask_tf.scenarios.own.table import encode_rows
from hypermask_tf.scenarios.permuted import permuted_digits, permuted_mnist
from hypermask_tf.scenarios.preprocessing import preprocess
from hypermask_tf.scenarios.random_crop import RandomCropWithPadding
from hypermask_tf.scenarios.registry import get, names
from hypermask_tf.scenarios.scenario import Scenario
from hypermask_tf.scenarios.split_cifar100 import split_cifar100
from hypermask_tf.scenarios.split_digits import split_digits
from hypermask_tf.scenarios.split_mnist import split_fashion_mnist, split_mnist
from hypermask_tf.scenarios.split_tiny_imagenet import split_tiny_imagenet
from hypermask_tf.scenarios.task import Task

__all__ = [
    "POLICIES",
    "AutoAugment",
    "BandMasking",
    "BrightnessJitter",
    "RandomCropWithPadding",
    "Scenario",
    "Task",
    "augmentation",
    "encode_rows",
    "from_arrays",
    "from_csv",
    "from_folder",
    "from_npz",
    "from_path",
    "from_tfds",
    "get",
    "log_mel",
    "names",
    "permuted_digits",
    "permuted_mnist",
    "preprocess",
    "registry",
    "split_cifar100",
    "split_digits",
    "split_fashion_mnist",
    "split_mnist",
    "split_tiny_imagenet",
    "to_npz",
]
