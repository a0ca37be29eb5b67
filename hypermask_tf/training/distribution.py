"""Learning on several devices or machines: which, and who writes the run."""

import contextlib
import dataclasses
import os
from typing import Any

import keras

from hypermask_tf.hypernetworks import Hypernetwork, MLPHypernetwork
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
        return self.strategy.scope()  # type: ignore[no-any-return]

    def check_batch(self, batch_size: int) -> None:
        """Raises a ValueError if a batch cannot be split evenly."""
        if batch_size % self.replicas:
            raise ValueError(
                "A batch is split evenly over all replicas. Take a multiple of "
                f"{self.replicas}. Received: batch_size={batch_size}"
            )


def distribute(name: str, hypernetwork: Hypernetwork | None = None) -> Distribution:
    """Prepares this process to learn on several devices.

    To be called first, before anything is computed. Then build and compile the
    learner under `scope()` of what comes back.

    - `"mirrored"` (TensorFlow): every device of this machine holds all variables and
      takes its share of each batch.
    - `"multi_worker"` (TensorFlow): the same over the processes that the environment
      variable `TF_CONFIG` lists. All run the same program; the first is the chief.
    - `"data_parallel"` (JAX): as mirrored, over the devices of all processes.
    - `"model_parallel"` (JAX): the wide variables of the hypernetwork, a row per score,
      are shared out over the devices instead; see `hypernetwork_layout_map`.

    Args:
        name: One of `DISTRIBUTIONS`.
        hypernetwork: For `"model_parallel"`: one like the learner's.

    Raises:
        ValueError: If the name is unknown, the backend is another, or what the name
            needs is not there.

    Example:

    >>> here = distribute("none")
    >>> with here.scope():
    ...     target = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    >>> here.chief
    True
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
    if name == "none":
        return Distribution(name)
    return (
        _on_tensorflow(name) if needed == "tensorflow" else _on_jax(name, hypernetwork)
    )


def _on_tensorflow(name: str) -> Distribution:
    import tensorflow as tf

    if name == "mirrored":
        strategy = tf.distribute.MirroredStrategy()
        return Distribution(name, strategy.num_replicas_in_sync, True, strategy)
    if not os.environ.get("TF_CONFIG"):
        raise ValueError(
            "'multi_worker' needs the environment variable TF_CONFIG, which lists all "
            "processes and says which this one is (see BUILD.md). Received: none"
        )
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    resolver = strategy.cluster_resolver
    chief = resolver.task_type in (None, "chief") or (
        resolver.task_type == "worker"
        and resolver.task_id == 0
        and not resolver.cluster_spec().as_dict().get("chief")
    )
    return Distribution(name, strategy.num_replicas_in_sync, chief, strategy)


def _on_jax(name: str, hypernetwork: Hypernetwork | None) -> Distribution:
    import jax

    if os.environ.get("KERAS_DISTRIBUTION_JOB_ADDRESSES"):
        keras.distribution.initialize()
    devices = keras.distribution.list_devices()
    if name == "data_parallel":
        strategy = keras.distribution.DataParallel(devices=devices)
    else:
        mesh = keras.distribution.DeviceMesh(
            (1, len(devices)), ("batch", "model"), devices
        )
        strategy = keras.distribution.ModelParallel(
            layout_map=hypernetwork_layout_map(mesh, hypernetwork or MLPHypernetwork())
        )
    keras.distribution.set_distribution(strategy)
    replicas = len(devices) if name == "data_parallel" else 1
    return Distribution(name, replicas, jax.process_index() == 0, strategy)
