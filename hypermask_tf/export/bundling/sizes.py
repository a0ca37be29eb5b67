"""What a bundle costs, as a whole and file by file, beside simpler ways to pack."""

import dataclasses
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from hypermask_tf.export.bundle_reader import Bundle, layout
from hypermask_tf.export.bundle_reader.files import sidecar_text
from hypermask_tf.export.bundling.compress import pack_frame


@dataclasses.dataclass(frozen=True)
class FileCost:
    """What one file of a bundle costs.

    Args:
        file: its name.
        task: name of its task.
        labels: names of its labels.
        bytes: how long it is.
        added: by how much it made the bundle longer: parts, record and table row.
        shared: how many earlier parts it uses, or refers to.
    """

    file: str
    task: str
    labels: tuple[str, ...]
    bytes: int
    added: int
    shared: int


@dataclasses.dataclass(frozen=True)
class Layouts:
    """Bytes of the same files, each with its JSON, packed in several ways.

    Args:
        raw: as they are.
        separate: each file and each JSON compressed by itself.
        stream: one after the other, compressed as a whole.
        bundle: the bundle, hashes included.
    """

    raw: int
    separate: int
    stream: int
    bundle: int


def file_costs(bundle: Bundle) -> list[FileCost]:
    """Returns what each file costs, in the order they were added."""
    costs = []
    end, known = layout.HEADER.size, 0
    for record, row in zip(bundle.records, bundle.rows, strict=True):
        earlier = {number for number in record.used_parts if number < known}
        for part in record.parts:
            earlier.update(number for number in part.dictionary if number < known)
        known += len(record.parts)
        added = row.offset + row.stored - end + layout.ROW.size
        end = row.offset + row.stored
        costs.append(
            FileCost(
                file=record.file,
                task=_task_name(record.sidecar),
                labels=_label_names(record.sidecar),
                bytes=record.size,
                added=added,
                shared=len(earlier),
            )
        )
    return costs


def layouts(bundle: Bundle) -> Layouts:
    """Returns what the files of a bundle cost in other layouts.

    Raises:
        BundleError: when the bundle is damaged.
    """
    contents = [bundle.read(record.file) for record in bundle.records]
    contents += [sidecar_text(record.sidecar) for record in bundle.records]
    return Layouts(
        raw=sum(len(content) for content in contents),
        separate=sum(len(pack_frame(content)) for content in contents),
        stream=len(pack_frame(b"".join(contents))),
        bundle=bundle.path.stat().st_size,
    )


def cost_table(costs: list[FileCost]) -> Table:
    """Returns a table for the terminal, one row a file."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("file", no_wrap=True)
    table.add_column("labels", overflow="ellipsis", no_wrap=True, max_width=14)
    for column in ("bytes", "in the bundle", "%"):
        table.add_column(column, justify="right", no_wrap=True)
    for cost in costs:
        table.add_row(
            cost.file,
            ", ".join(cost.labels) or cost.task,
            f"{cost.bytes:,}",
            f"{cost.added:,}",
            f"{100 * cost.added / max(1, cost.bytes):.1f}",
        )
    return table


def layout_table(sizes: Layouts, count: int) -> Table:
    """Returns a table for the terminal that puts the layouts side by side."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("layout")
    for column in ("bytes", "%"):
        table.add_column(column, justify="right", no_wrap=True)
    for name, size in (
        (f"{count} files and their JSON", sizes.raw),
        ("each compressed by itself", sizes.separate),
        ("all in one stream", sizes.stream),
        ("bundle", sizes.bundle),
    ):
        table.add_row(name, f"{size:,}", f"{100 * size / max(1, sizes.raw):.1f}")
    return table


def _task_name(sidecar: dict[str, Any]) -> str:
    task = sidecar.get("task")
    return str(task.get("name", "")) if isinstance(task, dict) else ""


def _label_names(sidecar: dict[str, Any]) -> tuple[str, ...]:
    labels = sidecar.get("labels")
    entries = labels if isinstance(labels, list) else []
    return tuple(
        str(entry.get("name", "")) for entry in entries if isinstance(entry, dict)
    )
