"""What went wrong in a call, in words that help."""

import re
from typing import Any

import keras
import numpy as np
from keras import ops

from hypermask_tf.learner import data_checks
from hypermask_tf.learner.finite_guard import NonFiniteLossError, check_finite

# What TensorFlow says of a label that has no output.
_TF_LABEL = re.compile(r"label value of (-?\d+) which is outside the valid range")


def check_labels_seen(model: Any) -> None:
    """Raises a ValueError if a label of the last steps had no output."""
    classes = _classes(model)
    if classes is not None:
        model._labels.check(classes)


def _classes(model: Any) -> int | None:
    """How many classes labels of this call may name; None where they name none."""
    limit = data_checks.label_limit(model.loss, model.target)
    learned = max(model.num_learned_tasks - 1, 0)
    task = model.active_task if model.is_evaluating else learned
    return None if limit is None else model.state.num_outputs(task) or limit[0]


def explained(model: Any, error: Exception, x: Any, y: Any) -> Exception:
    """A clearer error in place of `error`, where one is known; else itself.

    Args:
        model: The learner, as the call left it.
        error: What was raised.
        x: Samples of the call.
        y: Their labels.
    """
    classes = _classes(model)
    if classes is not None and (found := _TF_LABEL.search(str(error))):
        return data_checks.label_error(found[1], found[1], classes)
    if isinstance(error, ValueError | TypeError):
        return error
    if not isinstance(error, NonFiniteLossError):
        # Steps may trip over NaN before the loss is looked at.
        try:
            label = model.state.names.label(max(model.num_learned_tasks - 1, 0))
            check_finite(model, label)
        except NonFiniteLossError as broken:
            error = broken
        else:
            return error
    try:
        check_labels_seen(model)
    except ValueError as labels:
        return labels
    for what, data in (("inputs", x), ("labels", y)):
        if where := _first_not_finite(data):
            return NonFiniteLossError(
                f"Expected finite {what}. Received: NaN or an infinite number, "
                f"first in sample {where - 1}. Nothing of this call is kept."
            )
    return error


def _first_not_finite(data: Any) -> int | None:
    """One more than the number of the first sample with a number that is none."""
    for part in keras.tree.flatten(data):
        if not (hasattr(part, "__array__") and hasattr(part, "shape")):
            continue
        array = np.asarray(ops.convert_to_numpy(part))
        if array.dtype.kind == "f" and array.ndim:
            bad = ~np.isfinite(array).reshape(len(array), -1).all(axis=1)
            if bad.any():
                return int(bad.argmax()) + 1
    return None
