"""What every test starts from."""

import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import pytest

if keras.backend.backend() == "jax":
    import jax

    # Learners of one shape take the same steps, which need be compiled once only; in a
    # folder for each worker, since JAX writes and reads there without a lock.
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    cache = pathlib.Path(__file__).parents[1] / ".pytest_cache" / "jax" / worker
    jax.config.update("jax_compilation_cache_dir", str(cache))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


@pytest.fixture(autouse=True)
def _same_seed() -> None:
    """Every test draws the same numbers, alone or in company."""
    keras.utils.set_random_seed(0)
