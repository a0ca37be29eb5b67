"""What every test starts from."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import pytest


@pytest.fixture(autouse=True)
def _same_seed() -> None:
    """Every test draws the same numbers, alone or in company."""
    keras.utils.set_random_seed(0)
