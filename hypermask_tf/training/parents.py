"""The earlier task whose network a new one starts from."""

from typing import Any

import numpy as np

INHERITANCE = ("none", "latest", "nearest")


def choose_parent(
    inherit: str | int, model: Any, task: int, x: np.ndarray, y: np.ndarray
) -> int | None:
    """The task that `task` starts from a copy of, or None.

    Args:
        inherit: `"none"`; the `"latest"`; the `"nearest"`, see `nearest_task`; or the
            index of one.
        model: A `HyperMask` that is about to begin `task`.
        task: The next task.
        x: Its training samples, `(n, ...)`.
        y: Their labels, `(n,)`.
    """
    if inherit == "none" or task == 0:
        return None
    if isinstance(inherit, int):
        return inherit
    if inherit == "latest":
        return int(model.state.tasks[-1])
    from hypermask_tf.transfer import nearest_task

    return int(nearest_task(model, x, y))
