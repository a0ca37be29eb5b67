"""On which devices it learns."""

from absl import flags

from hypermask_tf.cli.train_flags.training import JIT, LOOP
from hypermask_tf.training import DISTRIBUTIONS

DISTRIBUTE = flags.DEFINE_enum(
    "distribute",
    "none",
    DISTRIBUTIONS,
    "Share the work out. TensorFlow: mirrored, over the GPUs of this machine; "
    "multi_worker, over the processes that TF_CONFIG lists. JAX: data_parallel, a part "
    "of each batch on each device; model_parallel, a part of the hypernetwork on each. "
    "BUILD.md says how to start each.",
)
VIRTUAL_DEVICES = flags.DEFINE_integer(
    "virtual_devices",
    0,
    "Take the CPU for so many devices, to try --distribute on one machine; 0 for one.",
    lower_bound=0,
)


def replicated() -> bool:
    """Whether replicas of `tf.distribute` learn in step."""
    return DISTRIBUTE.value in ("mirrored", "multi_worker")


@flags.multi_flags_validator(
    [DISTRIBUTE.name, LOOP.name],
    message="--loop=device keeps the samples on one device: leave --distribute out, or "
    "take --loop=fit",
)
def _one_device(values: dict[str, object]) -> bool:
    return values["distribute"] == "none" or values["loop"] != "device"


@flags.multi_flags_validator(
    [DISTRIBUTE.name, JIT.name],
    message="--distribute=mirrored and multi_worker work without XLA: leave "
    "--jit_compile out",
)
def _exchanged_without_xla(values: dict[str, object]) -> bool:
    replicas = values["distribute"] in ("mirrored", "multi_worker")
    return not (replicas and values["jit_compile"])
