"""The target network."""

from absl import flags

from hypermask_tf import targets
from hypermask_tf.cli.train_flags.values import WIDTHS, are_widths
from hypermask_tf.learner.hypermask import HEADS
from hypermask_tf.normalization.normalization_bank import MODES
from hypermask_tf.targets import INITIALIZERS

TARGET = flags.DEFINE_string(
    "target",
    "mlp",
    f"The target network: {', '.join(targets.names())}; applications:NAME, a network "
    "of keras.applications such as applications:MobileNetV3Small; a .keras file; or "
    "package.module:function, which is called with input_shape and classes.",
)
TARGET_WEIGHTS = flags.DEFINE_string(
    "target_weights",
    None,
    "First weights of applications:NAME: a file of weights without its head, or "
    "imagenet, which is downloaded. By default none.",
)
TARGET_PIXELS = flags.DEFINE_bool(
    "target_pixels",
    False,
    "Whether a .keras file or function is a network of pixels of 0 to 255: these are "
    "made of the samples, which are scaled otherwise, in front of it.",
)
HIDDEN = flags.DEFINE_list(
    "hidden",
    ["400", "400"],
    "Widths of an mlp's hidden layers; of a convnet's stages, then of its dense layer.",
)
INITIALIZER = flags.DEFINE_enum(
    "initializer",
    None,
    INITIALIZERS,
    "First weights of any target but the convnet: the authors' uniform "
    "±1/sqrt(fan_in), or Keras's. The target's own choice by default: Keras's for a "
    "zenkenet, else the authors'.",
)
RESNET_BLOCKS = flags.DEFINE_integer(
    "resnet_blocks", 3, "Blocks in each of a resnet's three groups.", lower_bound=1
)
RESNET_WIDENING = flags.DEFINE_integer(
    "resnet_widening", 1, "Factor on the maps of a resnet's groups.", lower_bound=1
)
BATCH_NORM = flags.DEFINE_bool(
    "batch_norm", True, "Put batch norm behind each convolution of a resnet."
)
TRANSDUCTIVE = flags.DEFINE_bool(
    "transductive",
    False,
    "Let a resnet's batch norm use the batch at hand in evaluation too, as the "
    "authors do: not for devices, which see one image.",
)
DROPOUT = flags.DEFINE_bool(
    "dropout",
    True,
    "Dropout in a zenkenet. --nodropout is what the authors' figures come close to: "
    "theirs acts in the first step of each task only.",
)
DTYPE = flags.DEFINE_enum(
    "dtype",
    "float32",
    ["float32", "mixed_bfloat16", "mixed_float16"],
    "Dtype policy of the target network.",
)
NORMALIZATION = flags.DEFINE_enum(
    "normalization", "per_task", MODES, "Whose batch norm is."
)
HEAD = flags.DEFINE_enum(
    "head",
    "shared",
    HEADS,
    "Whether all tasks use one output layer, or each has its own.",
)

flags.register_validator("hidden", are_widths, message=WIDTHS)
flags.register_validator(
    "target",
    lambda name: name in targets.names() or targets.is_own(name),
    message=f"Expected one of {', '.join(targets.names())}, applications:NAME, a "
    ".keras file, or package.module:function",
)
