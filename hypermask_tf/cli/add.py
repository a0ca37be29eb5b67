"""Learns a further task into a finished run, from its own data alone, and exports it.

    hypermask add --run_dir=runs/watch --data=new_wearer --bundle=edge.hmb

No data of earlier tasks are needed: their networks are frozen. `--data` is a folder or
file as docs/data.md describes, with or without the level of tasks; it is read as the
run's own data were. Layers that have too few free units left are widened. The file is
verified as those of `hypermask export` are. Then all other files are compared, byte for
byte, and the network of each in the learner with the one it was made from.

A process that was stopped goes on with `--resume`; `hypermask undo` gives the task up.
"""

from collections.abc import Sequence

from hypermask_tf.cli import later


def define_flags() -> None:
    """Defines the flags."""
    later.define("Name of the task; by default that of its folder or file.")


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    return later.main("add", update=False)
