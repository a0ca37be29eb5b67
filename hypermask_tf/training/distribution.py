"""Learning on several devices or machines: which, and who writes the run."""

import contextlib
import dataclasses
import json
import os
from collections.abc import Callable
from typing import Any

import keras

from hypermask_tf.hypernetworks import Hypernetwork, MLPHypernetwork
from hypermask_tf.keras_private import all_layers
from hypermask_tf.training.layout_map import hypernetwork_layout_map

# Which backend each needs; None for any.
_BACKENDS = {
    "none": None,
    "mirrored": "tensorflow",
    "multi_worker": "tensorflow",
    "data_parallel": "jax",
    "model_parallel": "jax",
}
DISTRIBUTIONS = tuple(_BACKENDS)


@dataclasses.dataclass(frozen=True)
class Distribution:
    """How this process shares its work with other devices and processes.

    Args:
        name: One of `DISTRIBUTIONS`.
        replicas: Parts into which a batch is split.
        chief: Whether this is the process that writes files and speaks to the user.
        strategy: The `tf.distribute.Strategy` or `keras.distribution.Distribution`;
            None for one device.
    """

    name: str
    replicas: int = 1
    chief: bool = True
    strategy: Any = None

    def scope(self) -> contextlib.AbstractContextManager[Any]:
        """Where the learner is built and compiled; training needs no scope."""
        if _BACKENDS[self.name] != "tensorflow":
            return contextlib.nullcontext()
        return self.strategy.scope()

    def check_batch(self, batch_size: int) -> None:
        """Raises a ValueError if a batch cannot be split evenly."""
        if batch_size % self.replicas:
            raise ValueError(
                "A batch is split evenly over all replicas. Take a multiple of "
                f"{self.replicas}. Received: batch_size={batch_size}"
            )


def is_chief(name: str) -> bool:
    """Whether this process is the first of those that share the work.

    Known from the environment, before `distribute` waits for the others.
    """
    if name == "multi_worker":
        task = json.loads(os.environ.get("TF_CONFIG") or "{}").get("task", {})
        cluster = json.loads(os.environ.get("TF_CONFIG") or "{}").get("cluster", {})
        first = "chief" if cluster.get("chief") else "worker"
        return (task.get("type", first), int(task.get("index", 0))) == (first, 0)
    if _BACKENDS[name] == "jax":
        return int(os.environ.get("KERAS_DISTRIBUTION_PROCESS_ID") or 0) == 0
    return True


def synchronize_normalization(model: keras.Model) -> None:
    """Lets batch norm of `model` normalise by the whole batch, not a replica's share.

    On TensorFlow only; elsewhere a batch is never in pieces for a layer.
    """
    for layer in all_layers(model):
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = True


def distribute(
    name: str,
    hypernetwork: Callable[[], Hypernetwork] = MLPHypernetwork,
    virtual_devices: int = 0,
) -> Distribution:
    """Prepares this process to learn on several devices.

    To be called first, before anything is computed. Then build and compile the
    learner under `scope()` of what comes back.

    - `"mirrored"` (TensorFlow): every GPU of this machine holds all variables and takes
      its share of each batch.
    - `"multi_worker"` (TensorFlow): the same over the processes that the environment
      variable `TF_CONFIG` lists. All run the same program; the first is the chief.
    - `"data_parallel"` (JAX): as mirrored, over the devices of all processes.
    - `"model_parallel"` (JAX): what has a row per score is shared out over the devices
      instead, see `hypernetwork_layout_map`; all of them see the whole batch.

    Args:
        name: One of `DISTRIBUTIONS`.
        hypernetwork: For `"model_parallel"`: makes one like the learner's.
        virtual_devices: Take the CPU for so many devices; 0 for one.

    Raises:
        ValueError: If the name is unknown, the backend is another, or what the name
            needs is not there.

    Example:

    >>> here = distribute("none")
    >>> with here.scope():
    ...     target = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    >>> here.chief, here.replicas
    (True, 1)
    """
    if name not in _BACKENDS:
        raise ValueError(
            f"`name` must be one of {list(DISTRIBUTIONS)}. Received: name={name!r}"
        )
    needed, backend = _BACKENDS[name], keras.backend.backend()
    if needed not in (None, backend):
        raise ValueError(
            f"{name!r} needs KERAS_BACKEND={needed}. Received: backend {backend!r}"
        )
    if virtual_devices:
        _split_cpu(backend, virtual_devices)
    if name == "none":
        return Distribution(name)
    if needed == "tensorflow":
        return _on_tensorflow(name)
    return _on_jax(name, hypernetwork)


def _split_cpu(backend: str, parts: int) -> None:
    if backend == "jax":
        import jax

        jax.config.update("jax_num_cpu_devices", parts)
        return
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    each = tf.config.LogicalDeviceConfiguration()
    tf.config.set_logical_device_configuration(cpu, [each] * parts)


def _on_tensorflow(name: str) -> Distribution:
    import tensorflow as tf

    if name == "mirrored":
        strategy = tf.distribute.MirroredStrategy()
    elif not os.environ.get("TF_CONFIG"):
        raise ValueError(
            "'multi_worker' needs the environment variable TF_CONFIG, which lists all "
            "processes and says which this one is (see BUILD.md). Received: none"
        )
    else:
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    return Distribution(name, strategy.num_replicas_in_sync, is_chief(name), strategy)


def _on_jax(name: str, hypernetwork: Callable[[], Hypernetwork]) -> Distribution:
    if os.environ.get("KERAS_DISTRIBUTION_JOB_ADDRESSES"):
        keras.distribution.initialize()
    devices = keras.distribution.list_devices()
    if name == "data_parallel":
        strategy = keras.distribution.DataParallel(devices=devices)
    else:
        mesh = keras.distribution.DeviceMesh(
            (1, len(devices)), ("batch", "model"), devices
        )
        layouts = hypernetwork_layout_map(mesh, hypernetwork())
        strategy = keras.distribution.ModelParallel(layout_map=layouts)
    keras.distribution.set_distribution(strategy)
    replicas = len(devices) if name == "data_parallel" else 1
    return Distribution(name, replicas, is_chief(name), strategy)
