"""A trained network that tasks stand on."""

from absl import flags

BASES = ("none", "frozen")

BASE = flags.DEFINE_enum(
    "base",
    "none",
    BASES,
    "What tasks share of a target that was trained before. frozen: all of it, as it "
    "is; each task adds small parts of its own, whatever the flags of masks, of the "
    "hypernetwork, of protection, normalisation and head say.",
)
BASE_RANK = flags.DEFINE_integer(
    "base_rank",
    4,
    "Channels of the low-rank path that a task has beside each layer of the base; 0 "
    "for none.",
    lower_bound=0,
)
BASE_OWN = flags.DEFINE_float(
    "base_own",
    0.005,
    "Layers of at most this share of the base's weights belong to each task, and "
    "normalisation with them; 0 for none. With --base_rank=0, too, a task is a linear "
    "head.",
    lower_bound=0.0,
    upper_bound=0.99,
)
