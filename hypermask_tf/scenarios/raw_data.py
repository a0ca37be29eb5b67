"""The checked source arrays of a scenario, shared by all of its tasks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class RawData:
    """A labelled data set as raw arrays.

    Args:
        x_train: Training samples, `(n, ...)`; images `(n, height, width, channels)`.
        y_train: Original training labels, `(n,)`, int64.
        x_test: Test samples.
        y_test: Original test labels.
        class_names: Name of every label that occurs in `y_train`.

    Example:

    >>> import numpy as np
    >>> from hypermask_tf.scenarios.raw_data import RawData
    >>> x, y = np.zeros((4, 8, 8), "uint8"), [5, 6, 5, 6]
    >>> data = RawData.from_arrays(x, y, x, y)
    >>> data.sample_shape, data.class_names
    ((8, 8, 1), {5: '5', 6: '6'})
    """

    x_train: npt.NDArray[Any]
    y_train: npt.NDArray[np.int64]
    x_test: npt.NDArray[Any]
    y_test: npt.NDArray[np.int64]
    class_names: dict[int, str]

    @property
    def sample_shape(self) -> tuple[int, ...]:
        return tuple(self.x_train.shape[1:])

    @property
    def labels(self) -> tuple[int, ...]:
        """The original labels in their natural, ascending order."""
        return tuple(self.class_names)

    @classmethod
    def from_arrays(
        cls,
        x_train: npt.ArrayLike,
        y_train: npt.ArrayLike,
        x_test: npt.ArrayLike,
        y_test: npt.ArrayLike,
        class_names: Sequence[str] | None = None,
        kind: str = "image",
    ) -> "RawData":
        """Checks the arrays and makes a data set of them.

        Args:
            x_train: Images `(n, height, width, channels)` or `(n, height, width)`;
                of the other kinds samples `(n, ...)`.
            y_train: Integer labels `(n,)` or `(n, 1)`.
            x_test: As `x_train`.
            y_test: As `y_train`.
            class_names: `class_names[label]` is the name of that label. Defaults to
                the labels as text.
            kind: `"image"`, `"array"` or `"token"`, see `from_arrays`.

        Raises:
            ValueError: If shapes, lengths or labels do not fit together.
        """
        images, labels = _checked_pair(x_train, y_train, "train", kind)
        test_images, test_labels = _checked_pair(x_test, y_test, "test", kind)
        if images.shape[1:] != test_images.shape[1:]:
            raise ValueError(
                "Expected training and test samples of one shape. Received: "
                f"x_train.shape={images.shape}, x_test.shape={test_images.shape}. "
                "Resize one of them."
            )
        known = [int(label) for label in np.unique(labels)]
        unknown = np.setdiff1d(test_labels, labels).tolist()
        if unknown:
            raise ValueError(
                "Expected every label of the test set to occur in the training set. "
                f"Received: y_test with labels {unknown} that y_train lacks. Remove "
                "these samples, or add training samples for them."
            )
        names = _names(known, class_names)
        return cls(images, labels, test_images, test_labels, names)


def _checked_pair(
    x: npt.ArrayLike, y: npt.ArrayLike, split: str, kind: str
) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    samples, labels = np.asarray(x), np.asarray(y)
    if kind == "image" and samples.ndim == 3:
        samples = samples[..., np.newaxis]
    _check_samples(samples, split, kind)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(
            f"Expected `y_{split}` to be integer labels of shape (n,). Received: "
            f"y_{split}.shape={labels.shape}, dtype={labels.dtype}. Turn one-hot "
            "labels into integers with `y.argmax(axis=-1)`."
        )
    if len(samples) != len(labels):
        raise ValueError(
            f"Expected as many labels as samples. Received: len(x_{split})="
            f"{len(samples)}, len(y_{split})={len(labels)}. Pass each label once."
        )
    return samples, labels.astype(np.int64)


def _check_samples(samples: npt.NDArray[Any], split: str, kind: str) -> None:
    received = (
        f"Received: x_{split}.shape={samples.shape}, dtype={samples.dtype}, "
        f"kind={kind!r}."
    )
    if not len(samples.shape) or not len(samples):
        raise ValueError(f"Expected one or more samples in `x_{split}`. {received}")
    if kind == "image" and samples.ndim != 4:
        raise ValueError(
            f"Expected `x_{split}` to be images, (n, height, width, channels) or "
            f"(n, height, width). {received} Pass kind='array' for other samples."
        )
    if samples.ndim < 2:
        raise ValueError(
            f"Expected `x_{split}` to be samples of one axis or more, (n, ...). "
            f"{received} Make a column of single numbers with `x[:, None]`."
        )
    if samples.dtype.kind not in ("iu" if kind == "token" else "iufb"):
        wanted = "integers" if kind == "token" else "numbers"
        raise ValueError(
            f"Expected `x_{split}` to hold {wanted}. {received} Text becomes tokens "
            "with `keras.layers.TextVectorization`."
        )


def _names(labels: list[int], class_names: Sequence[str] | None) -> dict[int, str]:
    if class_names is None:
        return {label: str(label) for label in labels}
    if labels[0] < 0 or labels[-1] >= len(class_names):
        raise ValueError(
            "Expected a name for every label, `class_names[label]`. Received: "
            f"{len(class_names)} class_names for labels from {labels[0]} to "
            f"{labels[-1]}. Give {labels[-1] + 1} names for labels that start at 0."
        )
    return {label: str(class_names[label]) for label in labels}
