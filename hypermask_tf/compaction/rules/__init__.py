"""How positions along the last axis pass each kind of layer and operation."""

from hypermask_tf.compaction.rules.affine import Affine
from hypermask_tf.compaction.rules.barrier import Arrays, Barrier
from hypermask_tf.compaction.rules.elementwise import Elementwise
from hypermask_tf.compaction.rules.find import CHANNEL_KEEPING, find
from hypermask_tf.compaction.rules.grouped import Grouped
from hypermask_tf.compaction.rules.pad import Pad, pad_widths

__all__ = [
    "CHANNEL_KEEPING",
    "Affine",
    "Arrays",
    "Barrier",
    "Elementwise",
    "Grouped",
    "Pad",
    "find",
    "pad_widths",
]
