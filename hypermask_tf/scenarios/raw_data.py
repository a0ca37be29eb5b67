"""The checked source arrays of a scenario, shared by all of its tasks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class RawData:
    """A labelled image data set as raw arrays.

    Args:
        x_train: Training images, `(n, height, width, channels)`.
        y_train: Original training labels, `(n,)`, int64.
        x_test: Test images.
        y_test: Original test labels.
        class_names: Name of every label that occurs in `y_train`.

    Example:

    >>> import numpy as np
    >>> from hypermask_tf.scenarios.raw_data import RawData
    >>> x, y = np.zeros((4, 8, 8), "uint8"), [5, 6, 5, 6]
    >>> data = RawData.from_arrays(x, y, x, y)
    >>> data.image_shape, data.class_names
    ((8, 8, 1), {5: '5', 6: '6'})
    """

    x_train: npt.NDArray[Any]
    y_train: npt.NDArray[np.int64]
    x_test: npt.NDArray[Any]
    y_test: npt.NDArray[np.int64]
    class_names: dict[int, str]

    @property
    def image_shape(self) -> tuple[int, ...]:
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
    ) -> "RawData":
        """Checks the arrays and makes a data set of them.

        Args:
            x_train: Images `(n, height, width, channels)` or `(n, height, width)`.
            y_train: Integer labels `(n,)` or `(n, 1)`.
            x_test: As `x_train`.
            y_test: As `y_train`.
            class_names: `class_names[label]` is the name of that label. Defaults to
                the labels as text.

        Raises:
            ValueError: If shapes, lengths or labels do not fit together.
        """
        images, labels = _checked_pair(x_train, y_train, "train")
        test_images, test_labels = _checked_pair(x_test, y_test, "test")
        if images.shape[1:] != test_images.shape[1:]:
            raise ValueError(
                "Expected training and test images of one shape. Received: "
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
    x: npt.ArrayLike, y: npt.ArrayLike, split: str
) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    images, labels = np.asarray(x), np.asarray(y)
    if images.ndim == 3:
        images = images[..., np.newaxis]
    if images.ndim != 4 or not len(images):
        raise ValueError(
            f"Expected `x_{split}` to be one or more images, (n, height, width, "
            f"channels) or (n, height, width). Received: x_{split}.shape="
            f"{images.shape}. Reshape feature vectors to (n, 1, 1, features)."
        )
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(
            f"Expected `y_{split}` to be integer labels of shape (n,). Received: "
            f"y_{split}.shape={labels.shape}, dtype={labels.dtype}. Turn one-hot "
            "labels into integers with `y.argmax(axis=-1)`."
        )
    if len(images) != len(labels):
        raise ValueError(
            f"Expected as many labels as images. Received: len(x_{split})="
            f"{len(images)}, len(y_{split})={len(labels)}. Pass each label once."
        )
    return images, labels.astype(np.int64)


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
