"""What stops forgetting, and what to compare with."""

from absl import flags

from hypermask_tf.hypernetworks.drift_penalty import REDUCTIONS
from hypermask_tf.learner.choices import PROTECTIONS

BASELINES = ("none", "alone", "finetune")

PROTECTION = flags.DEFINE_enum(
    "protection",
    "used",
    PROTECTIONS,
    "Which weights lambda protects; hard: what earlier tasks use is frozen, and "
    "lambda and beta have no effect.",
)
BETA = flags.DEFINE_float("beta", 1e-3, "Weight of the output regulariser.", 0.0)
LAMBDA = flags.DEFINE_float("lambda", 1.0, "Weight of the weight regulariser.", 0.0)
REDUCTION = flags.DEFINE_enum(
    "output_reduction",
    "mean",
    REDUCTIONS,
    "How the output regulariser is scaled over earlier tasks.",
)
SAMPLED = flags.DEFINE_integer(
    "sampled_tasks",
    0,
    "Regularise the outputs of so many random earlier tasks a step; 0 for all.",
    lower_bound=0,
)
BASELINE = flags.DEFINE_enum(
    "baseline",
    "none",
    BASELINES,
    "Learn without masks and protection instead, whatever the flags of masks, of the "
    "hypernetwork and of protection say. finetune: one dense network goes on from task "
    "to task. alone: each task has a dense network of its own, from first weights.",
)
