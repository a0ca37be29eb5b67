"""Which file of a task to ship."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hypermask_tf.export.sidecar import Sidecar


def smallest(entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Returns the file that is smallest as sent, among good ones.

    Args:
        entries: the JSON of the files of one task.
    """
    return min(entries, key=lambda entry: (entry["zstd_bytes"], entry["bytes"]))


def most_accurate(sidecars: Sequence["Sidecar"], budget_bytes: int) -> "Sidecar | None":
    """Returns the most accurate file that fits, by accuracy on validation data.

    Of equally accurate ones it is the smallest; `None` if none fits.

    Args:
        sidecars: the good files of one task.
        budget_bytes: the most bytes a file may take on the device.
    """
    fitting = [s for s in sidecars if len(s.variant.content) <= budget_bytes]
    return max(
        fitting,
        key=lambda s: (_quality(s.variant.gate), -len(s.variant.content)),
        default=None,
    )


def _quality(gate: Any) -> float:
    """What is more for a better file; of several outputs that of the first."""
    if not hasattr(gate, "outputs"):
        return float(gate.tflite_accuracy)
    check = next((c for c in gate.outputs if c.tflite is not None), None)
    if check is None:
        return 0.0
    return float(check.tflite if check.higher_is_better else -check.tflite)


def by_task(entries: Sequence[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    """Returns the JSON of files by number of their task."""
    tasks: dict[int, list[dict[str, Any]]] = {}
    for entry in entries:
        tasks.setdefault(entry["task"]["index"], []).append(entry)
    return dict(sorted(tasks.items()))
