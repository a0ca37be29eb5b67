"""The 8x8 digits that come with scikit-learn."""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
FourArrays = tuple[Array, Array, Array, Array]


def load_digits(test_size: float = 0.25, split_seed: int = 0) -> FourArrays:
    """Returns `(x_train, y_train, x_test, y_test)` of raw pixels in 0..16.

    Args:
        test_size: Fraction of the 1,797 samples that make the test set.
        split_seed: Seed of the stratified choice of test samples.

    Raises:
        ImportError: If scikit-learn is not installed.
        ValueError: If `test_size` is not strictly between 0 and 1.

    Example:

    >>> from hypermask_tf.scenarios.digits import load_digits
    >>> [array.shape for array in load_digits()][::2]
    [(1347, 8, 8, 1), (450, 8, 8, 1)]
    """
    if not 0.0 < test_size < 1.0:
        raise ValueError(
            "Expected `test_size` to be a fraction between 0 and 1. Received: "
            f"test_size={test_size}. The default is 0.25."
        )
    try:
        from sklearn import datasets, model_selection
    except ImportError as error:
        raise ImportError(
            "Expected scikit-learn to be installed, which holds the digits. "
            f"Received: {error}. Run `pip install scikit-learn`."
        ) from error
    images, labels = datasets.load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8, 1).astype(np.uint8)
    x_train, x_test, y_train, y_test = model_selection.train_test_split(
        images, labels, test_size=test_size, random_state=split_seed, stratify=labels
    )
    return x_train, y_train, x_test, y_test
