"""Data of one's own, and how they are read."""

from absl import flags

from hypermask_tf.cli import paths
from hypermask_tf.scenarios.own.images import COLOR_MODES
from hypermask_tf.scenarios.own.labels import LABEL_KINDS
from hypermask_tf.scenarios.own.options import FEATURES
from hypermask_tf.scenarios.own.table import CATEGORIES

DATA = paths.define_path(
    "data",
    None,
    "Learn your own data instead of a benchmark: a folder task/class/ of pictures, WAV "
    "files or CSV recordings, a CSV table, or an .npz file; see docs/data.md. Choices "
    "that are not made then follow the data, and are printed.",
)
IMAGE_SIZE = flags.DEFINE_list(
    "image_size",
    None,
    "Pictures: height and width to bring all to, such as 64,64; one number for both.",
)
COLOR_MODE = flags.DEFINE_enum(
    "color_mode",
    None,
    COLOR_MODES,
    "Pictures: their colours; by default rgb, or grayscale where all are grey.",
)
WINDOW = flags.DEFINE_integer(
    "window",
    None,
    "Recordings and sounds: samples of a window; by default 100 rows, or a second.",
    lower_bound=1,
)
OVERLAP = flags.DEFINE_float(
    "overlap",
    None,
    "Recordings and sounds: share of a window that the next has too; 0.5 by default.",
    0.0,
)
SAMPLE_RATE = flags.DEFINE_integer(
    "sample_rate", None, "Sounds: samples a second to bring all to.", lower_bound=1
)
FEATURES_OF_SOUND = flags.DEFINE_enum(
    "features",
    None,
    FEATURES,
    "Sounds: what networks see, log_mel by default.",
)
MIRROR = flags.DEFINE_string(
    "mirror",
    None,
    "Recordings: channels that change their sign where the sensor is worn as in a "
    "mirror: right:ax,wy,wz does it in files with right in their names.",
)
GROUP_PATTERN = flags.DEFINE_string(
    "group_pattern",
    None,
    "Folders: a regular expression; files in whose names it finds the same are never "
    "divided between training and test. Each file is a group by default.",
)
LABEL_COLUMN = flags.DEFINE_string(
    "label_column",
    None,
    "Tables: the column with the classes, or the number to predict.",
)
LABEL_KIND = flags.DEFINE_enum(
    "label_kind",
    None,
    LABEL_KINDS,
    "Tables and arrays: what labels are. By default number for numbers of which some "
    "have a fraction, and in .npz files for floats; else class.",
)
TASK_COLUMN = flags.DEFINE_string(
    "task_column", None, "Tables: the column with the tasks; one task by default."
)
GROUP_COLUMN = flags.DEFINE_string(
    "group_column",
    None,
    "Tables: the column of what is never divided between training and test.",
)
SPLIT_COLUMN = flags.DEFINE_string(
    "split_column", None, "Tables: the column that says train, validation or test."
)
IGNORE_COLUMNS = flags.DEFINE_list(
    "ignore_columns", None, "Tables: columns to leave out."
)
CATEGORIES_OF_TABLE = flags.DEFINE_enum(
    "categories", None, CATEGORIES, "Tables: how texts become numbers; one_hot."
)
SPLIT_SEED = flags.DEFINE_integer(
    "split_seed", None, "Own data: seed of the split; 1 by default.", 0, 2**32 - 1
)
TEST_SIZE = flags.DEFINE_float(
    "test_size",
    None,
    "Own data: share of each class, or of all numbers, for the test set; 0.2.",
    0.0,
    1.0,
)
VALIDATION_SIZE = flags.DEFINE_float(
    "validation_size",
    None,
    "Own data: share of what is left that is for validation; 0.15.",
    0.0,
    1.0,
)

flags.register_validator(
    "image_size",
    lambda texts: (
        texts is None
        or (len(texts) in (1, 2) and all(t.isdigit() and int(t) > 0 for t in texts))
    ),
    message="Expected height and width such as 64,64",
)
