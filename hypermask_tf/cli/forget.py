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

from hypermask_tf.cli import command, paths
from hypermask_tf.cli.remade import show_remade
from hypermask_tf.export.bundle_reader.files import write_file
from hypermask_tf.export.one_file.names import one_file_kinds
from hypermask_tf.export.one_file.settle import remake
from hypermask_tf.product import ledger, operations, shipping
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
    run = RunFolder.open(values.run_dir)
    index = ledger.find(run.manifest(), values.task)["index"]
    # Made before anything changes: a bundle that is damaged changes nothing.
    bundle = values.bundle and Path(values.bundle)
    content, gone = shipping.without(bundle, index) if bundle else (b"", [])
    before = hashes(run.export_dir, [index])
    kinds = one_file_kinds(run.export_dir)
    entry = operations.forget(run, values.task)
    if gone:
        write_file(bundle, content)
    if hashes(run.export_dir) != before:
        command.say("Expected the files of other tasks as they were. They are not.")
        return command.FAILED
    left = len([name for name in before if name.endswith(".tflite")])
    console = Console()
    console.print(
        f"Forgotten: {entry['name']} (task {index}). {left} exported files of other "
        "tasks are as they were.",
        markup=False,
    )
    show_remade(remake(run.export_dir, kinds), console)
    if gone:
        console.print(f"{bundle} was made anew without {', '.join(gone)}.")
    return 0
