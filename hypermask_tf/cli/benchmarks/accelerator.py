"""What the accelerator can do that Keras computes on, where there is one."""

import time

import keras

from hypermask_tf.cli.benchmarks.machine import Bandwidth

# Large enough that no cache holds it.
_COPIED_BYTES = 2**30


def peak_memory() -> int | None:
    """The most memory of the first device that was in use so far; None if not told."""
    if keras.backend.backend() == "jax":
        import jax

        stats = jax.devices()[0].memory_stats() or {}
        return stats.get("peak_bytes_in_use")
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return int(tf.config.experimental.get_memory_info("GPU:0")["peak"])
    return None


class AcceleratorBandwidth(Bandwidth):
    """That of the memory of the device.

    A copy here is a sum with one number: memory alone limits it.
    """

    def __init__(self) -> None:
        super().__init__(_COPIED_BYTES)
        self._source = keras.ops.ones((_COPIED_BYTES // 4,), "float32")
        self._copy()  # compiles

    def _copy(self) -> float:
        start = time.perf_counter()
        copies = 10  # so many that what starts them does not count
        for _ in range(copies):
            copied = self._source + 1.0
        keras.ops.convert_to_numpy(copied[:1])  # waits
        return (time.perf_counter() - start) / copies
