"""The devices other than the CPU that Keras computes on."""

import keras


def accelerators() -> list[str]:
    """Their names; empty where there are none.

    `keras.distribution.list_devices("gpu")` raises on JAX where there is no GPU.
    """
    if keras.backend.backend() == "jax":
        import jax

        return [d.device_kind for d in jax.devices() if d.platform != "cpu"]
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        details = tf.config.experimental.get_device_details
        found = tf.config.list_physical_devices("GPU")
        return [details(gpu).get("device_name", gpu.name) for gpu in found]
    return []
