"""Learns a task of a finished run again, from new data, as its next version.

    hypermask update --run_dir=runs/watch --task=ann --data=ann_again --bundle=edge.hmb

The new version starts from a copy of the one in use and is a network of its own, so
that nothing of the older one moves; it takes its name once its file is verified. Both
are in the run until `hypermask forget --task=ann@1`; `hypermask rollback --task=ann`
puts the older one back into use. All else is as `hypermask add` does it.
"""

from collections.abc import Sequence

from hypermask_tf.cli import later


def define_flags() -> None:
    """Defines the flags."""
    later.define("Name of the task that is learned again; by default its folder's.")


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    return later.main("update", update=True)
