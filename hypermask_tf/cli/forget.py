"""Removes a task from a run: from its learner, its checkpoints, results and files.

    hypermask forget --run_dir=runs/watch --task=ann --bundle=edge.hmb

What only this task used is drawn anew and free again; all other tasks stay as they are,
to the last bit. docs/product.md says what may remain of its data in tasks that were
learned after it. The data themselves are yours: the command deletes none of them.
"""

from collections.abc import Sequence
from pathlib import Path

from absl import flags
from rich.console import Console

from hypermask_tf.cli import paths
from hypermask_tf.product import operations, shipping
from hypermask_tf.product.proof import hashes
from hypermask_tf.training import RunFolder


def define_flags() -> None:
    """Defines the flags; other commands use the same names in one process of tests."""
    paths.define_run("Folder of the run.")
    flags.DEFINE_string("task", None, "Name or index of the task, or name@2.")
    flags.register_validator("task", bool, message="Pass the task: --task=NAME")
    paths.define_path("bundle", None, "Make this bundle anew without its files.")


def main(argv: Sequence[str]) -> int:
    """Runs the command; returns its exit status."""
    del argv
    values = flags.FLAGS
    bundle = None if values.bundle is None else Path(values.bundle)
    if bundle is not None and not bundle.is_file():
        raise FileNotFoundError(f"Expected a bundle. Received: no {bundle}.")
    run = RunFolder.open(values.run_dir)
    entry = operations.forget(run, values.task)
    gone = shipping.drop(bundle, entry["index"]) if bundle is not None else []
    left = len([name for name in hashes(run.export_dir) if name.endswith(".tflite")])
    console = Console()
    console.print(
        f"Forgotten: {entry['name']} (task {entry['index']}). {left} exported files of "
        "other tasks are as they were.",
        markup=False,
    )
    if gone:
        console.print(f"{bundle} was made anew without {', '.join(gone)}.")
    return 0
