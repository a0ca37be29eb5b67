"""What became of files of all tasks when a task went."""

from rich.console import Console

from hypermask_tf.cli import command
from hypermask_tf.export.one_file.settle import OneFiles


def show_remade(found: OneFiles, console: Console) -> None:
    """Prints a line for each that was made again, or removed."""
    for entry in found.descriptions:
        tasks = len(entry["tasks"])
        console.print(f"{entry['file']} was made again, of {tasks} tasks.")
    for line in found.removed:
        command.warning(line)
