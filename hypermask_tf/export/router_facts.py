"""What the caller of a router must know besides the file itself."""

from collections.abc import Mapping, Sequence
from typing import Any

from hypermask_tf.inference.decision_model import COLUMNS


def router_facts(
    method: Any,
    tasks: Sequence[Mapping[str, Any]],
    coverage: float,
    input_shape: Sequence[int],
    preprocessing: Mapping[str, Any],
    source: Mapping[str, Any],
) -> dict[str, Any]:
    """Returns what the JSON beside a router says.

    Args:
        method: a fitted `TaskInference`.
        tasks: `index`, `name` and `labels` of each task.
        coverage: share of validation data that the thresholds keep.
        input_shape: of one example.
        preprocessing: how raw data becomes an input.
        source: where it comes from.
    """
    limits = method.thresholds(coverage)
    return {
        "source": dict(source),
        "preprocessing": dict(preprocessing),
        "input_shape": [1, *input_shape],
        "outputs": list(COLUMNS),
        "method": method.name,
        "method_arguments": method.get_config(),
        "coverage": coverage,
        "abstain": "if confidence < least_confidence or evidence < least_evidence of "
        "the task",
        "tasks": [
            {
                **task,
                "least_confidence": limit["confidence"],
                "least_evidence": limit["evidence"],
            }
            for task, limit in zip(tasks, limits, strict=False)
        ],
    }
