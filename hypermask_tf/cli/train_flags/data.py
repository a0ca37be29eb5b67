"""The data: which benchmark, how much of it, and how images are changed."""

from absl import flags

from hypermask_tf import scenarios
from hypermask_tf.cli import paths

BENCHMARK = flags.DEFINE_string(
    "benchmark",
    "split_digits",
    f"The scenario to learn: {', '.join(scenarios.names())}; or tfds:NAME for any "
    "image data set of TFDS, with --classes_per_task.",
)
CLASSES = flags.DEFINE_list(
    "classes_per_task",
    ["0"],
    "Classes of each task: one number, or one for each task, which use up all classes, "
    "such as 50,10,10,10,10,10; 0 for the benchmark's own.",
)
NUM_TASKS = flags.DEFINE_integer(
    "num_tasks", 0, "Learn so many tasks; 0 for all.", lower_bound=0
)
CLASS_SEED = flags.DEFINE_integer(
    "class_seed",
    None,
    "Seed of the class order, or of the permutations; natural order by default.",
)
CLASS_ORDER = flags.DEFINE_enum(
    "class_order",
    "natural",
    ["natural", "fecam"],
    "Order of the classes of split_cifar100: as they are, or the shuffled one of "
    "FeCAM, with CIFAR's own mean and deviation.",
)
DATA_DIR = paths.define_path(
    "data_dir",
    None,
    "Folder of prepared TFDS data sets, or of those that scenarios.to_npz wrote; "
    "TFDS_DATA_DIR says it as well.",
)
DOWNLOAD = flags.DEFINE_bool(
    "download", False, "Download and prepare a data set that is not there."
)
LIMIT_TRAIN = flags.DEFINE_integer(
    "limit_train",
    0,
    "Learn from the first so many training samples of each task only; 0 for all.",
    lower_bound=0,
)
AUGMENT = flags.DEFINE_integer(
    "augment_padding",
    0,
    "Train on random crops of images padded by so many pixels; 0 for none.",
    lower_bound=0,
)
FLIP = flags.DEFINE_bool(
    "augment_flip", False, "Train on images of which every second is mirrored."
)
BRIGHTNESS = flags.DEFINE_float(
    "augment_brightness",
    0.0,
    "Train on images whose pixels are multiplied by 1 plus or minus so much.",
    lower_bound=0.0,
    upper_bound=1.0,
)
POLICY = flags.DEFINE_enum(
    "augment_policy",
    "none",
    ["none", *scenarios.POLICIES],
    "Train on images changed by a learned policy: autoaugment_cifar10, that of "
    "AutoAugment for CIFAR-10, acts behind the other augmentations.",
)
BANDS = flags.DEFINE_integer(
    "augment_bands",
    0,
    "Train on features of sounds of which up to so many neighbouring mel bands are "
    "masked; 0 for none.",
    lower_bound=0,
)
OUTLIERS = flags.DEFINE_float(
    "outliers",
    0.0,
    "Weight of the term by which networks learn to tell their task's images from bent "
    "ones, which helps to infer tasks; 0 for none.",
    lower_bound=0.0,
)

flags.register_validator(
    "benchmark",
    lambda name: name in scenarios.names() or name.startswith("tfds:"),
    message=f"Expected one of {', '.join(scenarios.names())}, or tfds:NAME",
)
flags.register_validator(
    "classes_per_task",
    lambda sizes: (
        [s.strip() for s in sizes] in ([], ["0"])
        or all(s.strip().isdigit() and int(s) > 0 for s in sizes)
    ),
    message="Expected a number of classes such as 2, or one for each task, such as "
    "50,10,10,10,10,10",
)
