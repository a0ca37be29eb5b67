"""Stage: a good file and its JSON get their names."""

from pathlib import Path

from hypermask_tf.export.sidecar import Sidecar, write_json


def publish(sidecar: Sidecar, folder: Path) -> None:
    """Writes a good file into a folder, and its JSON after it as the seal.

    Each is written under a temporary name and renamed, so that none is ever half
    there.
    """
    from hypermask_tf import files

    path = folder / sidecar.file
    with files.replacing(path) as temporary:
        temporary.write_bytes(sidecar.variant.content)
    write_json(path.with_suffix(".json"), sidecar.to_json())
