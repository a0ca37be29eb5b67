"""Stage: of each task the most accurate file that takes few enough bytes."""

from collections.abc import Sequence

from hypermask_tf.export.report import FailedFile
from hypermask_tf.export.selection import most_accurate
from hypermask_tf.export.sidecar import Sidecar


def fit_budget(
    sidecars: Sequence[Sidecar], budget_bytes: int | None
) -> tuple[Sequence[Sidecar], list[FailedFile]]:
    """Returns one file a task that fits, and which tasks have none."""
    if budget_bytes is None:
        return sidecars, []
    kept, misfits = [], []
    for index in sorted({sidecar.baked.info.index for sidecar in sidecars}):
        files = [s for s in sidecars if s.baked.info.index == index]
        best = most_accurate(files, budget_bytes)
        if best is not None:
            kept.append(best)
            continue
        least = min(len(sidecar.variant.content) for sidecar in files)
        reason = (
            f"no good file takes at most {budget_bytes / 1000:g} kB; the smallest "
            f"takes {least / 1000:.1f} kB"
        )
        misfits.append(FailedFile(f"task_{index:02d}", (reason,)))
    return kept, misfits
