"""Checks of the data that users hand to a learner, with messages that help."""

import difflib
import hashlib
import inspect
from collections.abc import Iterable, Iterator
from typing import Any

import keras
import numpy as np
from keras import ops

from hypermask_tf.units.keras_graph import graph_of, is_graph

Tensor = Any

_OWN = ("task", "inherit", "num_classes")
_SPARSE_FUNCTION = keras.losses.sparse_categorical_crossentropy


def num_outputs(target: keras.Model) -> int | None:
    """How many logits `target` returns; None where it does not say."""
    shape = getattr(target, "output_shape", None)
    if not isinstance(shape, tuple) or not isinstance(shape[-1], int):
        return None
    return shape[-1]


def label_limit(loss: Any, target: keras.Model) -> tuple[int, int | None] | None:
    """Number of classes that labels may name, and the class to ignore.

    Returns:
        None where labels are no class numbers, or it is not known how many there are.
    """
    if isinstance(loss, str):
        loss = keras.losses.get(loss)
    sparse = isinstance(loss, keras.losses.SparseCategoricalCrossentropy)
    if not sparse and loss is not _SPARSE_FUNCTION:
        return None
    outputs = num_outputs(target)
    if outputs is None:
        return None
    return outputs, loss.get_config().get("ignore_class") if sparse else None


def outside(y: Tensor, limit: tuple[Tensor, int | None]) -> Tensor:
    """Boolean: where a label has no output; of the shape of `y`."""
    classes, ignored = ops.cast(limit[0], y.dtype), limit[1]
    bad = ops.logical_or(y < 0, y >= classes)
    if ignored is not None:
        bad = ops.logical_and(bad, ops.not_equal(y, ignored))
    return bad


def label_error(lowest: Any, highest: Any, classes: int) -> ValueError:
    """What to raise for labels without an output."""
    return ValueError(
        f"The head of this task has {classes} outputs, so labels must lie in "
        f"0..{classes - 1}. Widen the target's last layer, begin the task with more "
        "`num_classes`, or map each task's classes to 0, 1, … (scenarios do). "
        f"Received: labels from {lowest} to {highest}"
    )


def check_data(
    x: Any, y: Any, loss: Any, target: keras.Model, classes: int | None = None
) -> None:
    """Looks at what is at hand of the data before anything is done with them.

    Of arrays and tensors that is all; of a data set it is what a sample looks like.

    Args:
        x: Samples.
        y: Their labels.
        loss: The loss that the learner is compiled with.
        target: The target.
        classes: Outputs of the task's head; None for all of the target's.

    Raises:
        ValueError: If there are no samples, they do not have the shape that the target
            takes, or a label is no number or has no output.
    """
    if hasattr(x, "element_spec"):
        spec = x.element_spec
        check_shapes(spec[0] if isinstance(spec, tuple) and spec else spec, target)
        return
    if isinstance(x, keras.utils.PyDataset):
        check_shapes(_inputs_of(x[0]), target)
        return
    for part in keras.tree.flatten(x):
        if _is_array(part) and len(part.shape) and part.shape[0] == 0:
            raise ValueError(
                "Expected at least one sample. Received: an array of shape "
                f"{tuple(part.shape)}"
            )
    check_shapes(x, target)
    _check_kind(y)
    _check_labels(y, loss, target, classes)


def checked(x: Any, target: keras.Model) -> Any:
    """A generator whose batches are looked at as they come; all else as it is.

    Keras takes any shape from it, and says of a wrong one what a product of matrices
    says, in a graph.
    """
    if not inspect.isgenerator(x):
        return x

    def batches() -> Iterator[Any]:
        for batch in x:
            check_shapes(_inputs_of(batch), target)
            yield batch

    return batches()


def _inputs_of(batch: Any) -> Any:
    return batch[0] if isinstance(batch, tuple) and batch else batch


def _is_array(part: Any) -> bool:
    return hasattr(part, "__array__") and hasattr(part, "shape")


def _check_kind(y: Any) -> None:
    """Refuses words as labels, whatever the loss."""
    for part in keras.tree.flatten(y):
        first = np.asarray(part[:1] if _is_array(part) and len(part.shape) else part)
        words = first.dtype.kind in "US" or any(
            isinstance(label, str | bytes) for label in first.ravel().tolist()
        )
        if words:
            raise ValueError(
                "Expected labels that are numbers; classes are 0, 1, 2, … "
                "`names, y = numpy.unique(y, return_inverse=True)` maps words to these "
                "numbers, in the order of `names`. Received: labels such as "
                f"{first.ravel()[:1].tolist()[0]!r}"
            )


def _check_labels(y: Any, loss: Any, target: keras.Model, own: int | None) -> None:
    limit = label_limit(loss, target)
    if limit is None or not (isinstance(y, list) or _is_array(y)):
        return
    classes, ignored = own or limit[0], limit[1]
    labels = np.asarray(y).ravel()
    labels = labels[labels != ignored]
    if labels.size == 0:
        return
    low, high = labels.min(), labels.max()
    if not np.isfinite(low + high):
        raise ValueError(
            f"Expected labels in 0..{classes - 1}. Received: NaN among the labels"
        )
    if low < 0 or high >= classes:
        raise label_error(low, high, classes)


def check_shapes(x: Any, target: keras.Model) -> None:
    """Compares the shapes of inputs with those that a Functional target declares.

    Raises:
        ValueError: If there are more or fewer inputs, or an axis has another length.
    """
    if not is_graph(target):
        return
    declared = keras.tree.flatten(graph_of(target).input)
    parts = keras.tree.flatten(x)
    if any(not hasattr(part, "shape") for part in parts):
        return  # no arrays: numbers in lists, a generator, a data set
    if isinstance(x, dict) and len(parts) >= len(declared):
        return  # by name, and some may be meant for others
    fits = len(parts) == len(declared) and all(
        _fits(tuple(part.shape), tuple(spec.shape))
        for part, spec in zip(parts, declared, strict=True)
    )
    if not fits:
        wanted = " and ".join(str(tuple(spec.shape[1:])) for spec in declared)
        given = " and ".join(str(tuple(part.shape[1:])) for part in parts)
        raise ValueError(
            f"The target takes samples of shape {wanted}. Received: samples of shape "
            f"{given}. The first axis counts samples; `x[None]` makes a batch of one."
        )


def _fits(shape: tuple[Any, ...], spec: tuple[Any, ...]) -> bool:
    """Whether Keras takes a batch of this shape for that input."""
    if any(size is None for size in shape[1:]) or len(shape) == 0:
        return True
    if len(shape) == len(spec) + 1 and shape[-1] == 1:
        shape = shape[:-1]  # Keras takes off an axis of one, and adds one
    elif len(shape) == len(spec) - 1 and spec[-1] == 1:
        shape = (*shape, 1)
    return len(shape) == len(spec) and all(
        wanted in (None, size) for wanted, size in zip(spec[1:], shape[1:], strict=True)
    )


def check_arguments(method: str, names: Iterable[str]) -> None:
    """Raises a TypeError if a method of `keras.Model` has no argument of that name."""
    known = list(inspect.signature(getattr(keras.Model, method)).parameters)
    for name in names:
        if name not in known and not name.startswith("_"):
            close = difflib.get_close_matches(name, [*known, *_OWN], 1)
            hint = f" Did you mean `{close[0]}`?" if close else ""
            raise TypeError(
                f"`{method}` takes the arguments of `keras.Model.{method}`, and `task`."
                f"{hint} Received: {name}"
            )


def digest(x: Any, y: Any) -> str | None:
    """What tells these data from others, without keeping any; None if unknown."""
    parts = [part for part in keras.tree.flatten((x, y)) if part is not None]
    if not parts or not all(_is_array(part) and len(part.shape) for part in parts):
        return None
    found = hashlib.sha256()
    for part in parts:
        array = np.asarray(part)
        some = min(len(array), 32)
        rows = np.linspace(0, len(array) - 1, some).astype(int)
        found.update(f"{array.shape}{array.dtype}".encode())
        found.update(np.ascontiguousarray(array[rows]).tobytes())
    return found.hexdigest()
