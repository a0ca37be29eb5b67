"""Stage: how long files take, in turns with the dense baseline."""

import dataclasses
from collections.abc import Sequence

from hypermask_tf.export.baseline import Baseline
from hypermask_tf.export.measure.latency import Latency, measure_latencies
from hypermask_tf.export.sidecar import Sidecar


def with_latencies(
    sidecars: Sequence[Sidecar], baseline: Baseline | None
) -> tuple[list[Sidecar], Baseline | None]:
    """Measures a task's files and the baseline in turns, task by task."""
    measured: list[Sidecar] = []
    dense: list[Latency] = []
    for index in sorted({sidecar.baked.info.index for sidecar in sidecars}):
        files = [s for s in sidecars if s.baked.info.index == index]
        contents = {sidecar.file: sidecar.variant.content for sidecar in files}
        if baseline is not None:
            contents["baseline"] = baseline.content
        found = measure_latencies(contents)
        beside = found.pop("baseline", None)
        if beside is not None:
            dense.append(beside)
        measured += [
            dataclasses.replace(s, latency=found[s.file], beside=beside) for s in files
        ]
    if baseline is not None and dense:
        middle = sorted(dense, key=lambda latency: latency.median)[len(dense) // 2]
        baseline = dataclasses.replace(baseline, latency=middle)
    return measured, baseline
