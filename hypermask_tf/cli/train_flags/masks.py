"""The masks, and what a task takes over from earlier ones."""

from absl import flags

from hypermask_tf.cli.flagfiles import AUTO
from hypermask_tf.cli.train_flags.values import are_within
from hypermask_tf.learner.choices import GRANULARITIES
from hypermask_tf.masks import WIDTH
from hypermask_tf.masks.activations import ACTIVATIONS
from hypermask_tf.training import INHERITANCE

GRANULARITY = flags.DEFINE_enum(
    "granularity", "unit", GRANULARITIES, "What has a mask score of its own."
)
SPARSITY = flags.DEFINE_list(
    "sparsity",
    ["90"],
    "Percentage of scores switched off: one number, or one for each group of scores, "
    "such as 90,80.",
)
REUSE = flags.DEFINE_list(
    "reuse",
    [AUTO],
    "Share of a task's units that may be units of earlier tasks while free ones last: "
    "0 takes free ones first, 1 any. One number, or one for each group; auto: 0 with "
    "unit masks whose use is tracked (--protection=used or hard), else 1.",
)
ACTIVATION = flags.DEFINE_enum(
    "activation", "abs_tanh", sorted(ACTIVATIONS), "From score to mask value."
)
MASK_SCALE = flags.DEFINE_list(
    "mask_scale",
    [WIDTH],
    "What mask values that are on are multiplied by: width, for 1/√(share that is on); "
    "or one number, or one for each group. 1 is the paper's.",
)
RAMP = flags.DEFINE_bool(
    "ramp", False, "Let the sparsity rise over the first task, as the authors do."
)
COMPACT_FORWARD = flags.DEFINE_bool(
    "compact_forward",
    True,
    "With unit masks, compute only the units that are on, where the target allows it. "
    "The outcome is the same, apart from rounding.",
)
INHERIT = flags.DEFINE_enum(
    "inherit",
    "none",
    INHERITANCE,
    "What a task starts from: a copy of the latest task's network, or of the one whose "
    "features best classify its training data.",
)
GROW = flags.DEFINE_float(
    "grow",
    0.0,
    "Factor by which layers widen when a task finds too few free units; 0 for never. "
    "Needs --granularity=unit and --protection=used or hard.",
    0.0,
)

flags.register_validator(
    "sparsity",
    are_within(0, 99.999),
    message="Expected percentages from 0 to 99.999, such as 90 or 90,80",
)
flags.register_validator(
    "reuse",
    lambda texts: texts == [AUTO] or are_within(0, 1)(texts),
    message=f"Expected {AUTO}, or shares from 0 to 1, such as 0 or 1,0.5",
)
flags.register_validator(
    "mask_scale",
    lambda texts: texts == [WIDTH] or are_within(1e-9, 1e9)(texts),
    message="Expected width, or positive numbers such as 1 or 3,1.5",
)
