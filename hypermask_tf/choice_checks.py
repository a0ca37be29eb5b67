"""Arguments of a learner that contradict each other, or would do nothing."""

from typing import Any

import numpy as np

from hypermask_tf.hypernetworks import Hypernetwork

# The protections that know what earlier tasks took.
_KNOWING = ("used", "hard")


def check_choices(
    *,
    protection: str,
    threshold: str,
    hypernetwork: Hypernetwork,
    reuse: Any,
    borrow: Any,
    read: Any,
    floor: float,
    sampled_tasks: int | None,
    output_reduction: str,
) -> None:
    """Compares arguments of `HyperMask` with each other.

    Raises:
        ValueError: If one would have no effect beside another; both are named.
    """
    if protection not in _KNOWING:
        for name, given, nothing in (("reuse", reuse, 1), ("read", read, 0)):
            if np.any(np.not_equal(given, nothing)):
                raise _clash(
                    name, given, "protection", protection, 'needs "used" or "hard"'
                )
    if np.any(np.not_equal(borrow, 1)) and np.min(reuse) == 1:
        raise _clash("borrow", borrow, "reuse", reuse, "needs one below 1")
    if threshold == "layer" and floor != 1:
        raise _clash("floor", floor, "threshold", threshold, 'needs "network"')
    regularised = (
        ("sampled_tasks", sampled_tasks, sampled_tasks is None),
        ("output_reduction", output_reduction, output_reduction == "mean"),
    )
    for name, given, is_default in regularised:
        if is_default:
            continue
        if protection == "hard":
            raise _clash(
                name, given, "protection", protection, "holds scores: nothing drifts"
            )
        if not hypernetwork.shared:
            kind = type(hypernetwork).__name__
            raise _clash(
                name, given, "hypernetwork", kind, "shares nothing: nothing drifts"
            )


def _clash(name: str, given: Any, other: str, value: Any, why: str) -> ValueError:
    return ValueError(
        f"`{name}` has no effect beside this `{other}`, which {why}. Leave `{name}` "
        f"out. Received: {name}={given!r}, {other}={value!r}"
    )
