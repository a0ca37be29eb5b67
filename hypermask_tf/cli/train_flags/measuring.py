"""What is measured."""

from absl import flags

from hypermask_tf.training import MEASURES

MEASURE_UNSEEN = flags.DEFINE_bool(
    "measure_unseen", True, "Measure tasks not yet learned: forward transfer needs it."
)
MEASURE = flags.DEFINE_enum(
    "measure",
    "test",
    MEASURES,
    "What accuracies are measured on. Settings are to be chosen on validation data.",
)
