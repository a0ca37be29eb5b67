"""Smaller and wider models of the same graph, and what went."""

from hypermask_tf.compaction.compact import compact
from hypermask_tf.compaction.fewer_outputs import fewer_outputs
from hypermask_tf.compaction.rebuild import rebuild
from hypermask_tf.compaction.report import CompactionReport, compaction_report

__all__ = [
    "CompactionReport",
    "compact",
    "compaction_report",
    "fewer_outputs",
    "rebuild",
]
