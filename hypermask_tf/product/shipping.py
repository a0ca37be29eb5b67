"""What goes over the air when a product changes."""

from pathlib import Path

from hypermask_tf.export.bundle_reader import Bundle
from hypermask_tf.export.bundle_reader.files import write_file
from hypermask_tf.export.bundle_reader.member import json_name
from hypermask_tf.export.bundling.sources import SourceFile, read_sources
from hypermask_tf.export.bundling.writer import make_bundle, make_update


def append(bundle: Path, folder: Path) -> int:
    """Appends exported files to a bundle; makes it if there is none.

    Args:
        bundle: The bundle.
        folder: Where the files lie; those that the bundle has are left out.

    Returns:
        Bytes that a device needs which has the bundle as it was.

    Raises:
        BundleError: If the bundle is damaged.
        ValueError: If it holds other files of these names.
    """
    sources = read_sources([folder])
    base = Bundle.open(bundle) if bundle.is_file() else None
    made, added = make_bundle(sources, base)
    if added:
        write_file(bundle, made.content)
    return len(made.content) if base is None else len(make_update(base, made))


def without(bundle: Path, task: int) -> tuple[bytes, list[str]]:
    """A bundle made anew without the files of a task.

    Returns:
        Its bytes, and the names of the files that are not in it.

    Raises:
        FileNotFoundError: If there is no bundle.
        BundleError: If it is damaged.
        ValueError: If nothing would be left.
    """
    if not bundle.is_file():
        raise FileNotFoundError(f"Expected a bundle. Received: no {bundle}.")
    base = Bundle.open(bundle)
    gone = [f for f in base.files if _task_of(base, f) == task]
    kept = [
        SourceFile(f, base.read(f), base.read(json_name(f)))
        for f in base.files
        if f not in gone
    ]
    if gone and not kept:
        raise ValueError(
            f"Expected a bundle with files of another task. Received: {bundle}. "
            "Delete it."
        )
    return (make_bundle(kept)[0].content if gone else base.content), gone


def _task_of(bundle: Bundle, file: str) -> int | None:
    """The index of a file's task; None of a file that serves all tasks."""
    index = bundle.sidecar(file).get("task", {}).get("index")
    return index if isinstance(index, int) else None
