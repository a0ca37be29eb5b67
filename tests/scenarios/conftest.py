"""Fixtures of the scenario tests."""

from collections.abc import Callable

import numpy as np
import pytest

from hypermask_tf.scenarios.tfds_arrays import find_prepared, tfds_data_dir


@pytest.fixture
def require_dataset() -> Callable[[str], None]:
    """A function that skips the test where a TFDS data set is not prepared."""

    def require(name: str) -> None:
        pytest.importorskip("tensorflow_datasets")
        if find_prepared(name) is None:
            pytest.skip(f"{name} is not prepared in {tfds_data_dir()}; TFDS_DATA_DIR?")

    return require


@pytest.fixture
def small_data() -> dict[str, np.ndarray]:
    """Six labels with gaps; each pixel value is the image's own number."""
    labels = np.tile([2, 3, 5, 7, 11, 13], 20)
    images = np.arange(120, dtype="uint8")[:, None, None, None] * np.ones(
        (1, 4, 5, 1), "uint8"
    )
    return {
        "x_train": images,
        "y_train": labels,
        "x_test": images[:60] + 120,
        "y_test": labels[:60],
    }
