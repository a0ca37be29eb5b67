"""What is known of each kind of layer: its units, and how it is cut.

One rule for each kind, gathered by what the layers do. Masks over units, compaction
and networks of a task's width all read them here, so a new layer is one rule:

1. Derive it from the class that says most: `Kernel` (weights between channels),
   `PerChannel` (weights of each channel), `Elementwise` (no weights),
   `WithinChannels` (moves values within channels), or `Rule`.
2. Register it with `register_rule`, in any file that is imported.

Recurrent layers, attention and wrappers have no rule: their units stay on.
"""

from hypermask_tf.units.rules import (  # noqa: F401
    conv,
    dense,
    depthwise,
    merging,
    moving,
    normalization,
    reduction,
    slicing,
)
from hypermask_tf.units.rules.elementwise import Elementwise
from hypermask_tf.units.rules.kernel import Kernel
from hypermask_tf.units.rules.per_channel import PerChannel
from hypermask_tf.units.rules.registry import (
    register_rule,
    registered,
    rule_class,
    rule_for,
)
from hypermask_tf.units.rules.reshaping import Pad
from hypermask_tf.units.rules.rule import Arrays, Rule
from hypermask_tf.units.rules.within_channels import WithinChannels

__all__ = [
    "Arrays",
    "Elementwise",
    "Kernel",
    "Pad",
    "PerChannel",
    "Rule",
    "WithinChannels",
    "register_rule",
    "registered",
    "rule_class",
    "rule_for",
]
