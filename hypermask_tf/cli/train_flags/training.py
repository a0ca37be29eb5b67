"""The training of a task: steps, learning rate, and what is kept."""

from absl import flags

from hypermask_tf.training import CLASS_WEIGHTS, LOOPS, SELECTIONS

STEPS = flags.DEFINE_integer("steps_per_task", 1000, "Steps on each task.", 1)
BATCH = flags.DEFINE_integer("batch_size", 128, "Samples per step.", 1)
LEARNING_RATE = flags.DEFINE_float("learning_rate", 1e-3, "First learning rate.", 0.0)
SCHEDULE = flags.DEFINE_enum(
    "schedule",
    "constant",
    ["constant", "cosine"],
    "The learning rate over a task; cosine falls to zero.",
)
PLATEAU = flags.DEFINE_bool(
    "plateau",
    False,
    "Lower the rate where validation accuracy has not risen for five epochs of "
    "--epoch_steps, as the authors do on CIFAR-100 and Tiny ImageNet.",
)
SELECT = flags.DEFINE_enum(
    "select",
    "last",
    SELECTIONS,
    "The weights that a task keeps: its last, or those with the best validation "
    "accuracy after an epoch of --epoch_steps.",
)
PATIENCE = flags.DEFINE_integer(
    "patience",
    0,
    "End a task after so many epochs of --epoch_steps without a better validation "
    "accuracy, and keep its best weights; 0 for all steps.",
    lower_bound=0,
)
CLASS_WEIGHT = flags.DEFINE_enum(
    "class_weight",
    "none",
    CLASS_WEIGHTS,
    "balanced: every class of a task counts the same in the loss, however few samples "
    "it has.",
)
RESET = flags.DEFINE_bool(
    "reset_optimizer", True, "Start every task with a fresh optimizer."
)
JIT = flags.DEFINE_bool(
    "jit_compile",
    None,
    "Compile the step with XLA. Left out: yes, but for convolutions on a CPU that are "
    "computed at full width, under a small hypernetwork: those are slower with it.",
)
LOOP = flags.DEFINE_enum(
    "loop",
    "fit",
    LOOPS,
    "What feeds the steps. fit: batches from the host. device: the task's samples lie "
    "on the device, and a compiled loop makes the batches there.",
)
STEPS_PER_CALL = flags.DEFINE_integer(
    "steps_per_execution", 20, "Steps per call of the compiled function.", 1
)
EPOCH_STEPS = flags.DEFINE_integer(
    "epoch_steps", 100, "Steps between two lines of the log.", 1
)


@flags.multi_flags_validator(
    ["steps_per_task", "epoch_steps"],
    message="--steps_per_task must be a multiple of --epoch_steps",
)
def _whole_epochs(values: dict[str, int]) -> bool:
    return values["steps_per_task"] % values["epoch_steps"] == 0


@flags.multi_flags_validator(
    ["epoch_steps", "steps_per_execution"],
    message="--epoch_steps must be a multiple of --steps_per_execution",
)
def _whole_executions(values: dict[str, int]) -> bool:
    return values["epoch_steps"] % values["steps_per_execution"] == 0


@flags.multi_flags_validator(
    ["schedule", "plateau"],
    message="--plateau lowers a constant rate: it needs --schedule=constant",
)
def _one_schedule(values: dict[str, object]) -> bool:
    return values["schedule"] == "constant" or not values["plateau"]


@flags.multi_flags_validator(
    ["schedule", "reset_optimizer"],
    message="--schedule=cosine restarts with every task: it needs --reset_optimizer",
)
def _schedule_restarts(values: dict[str, object]) -> bool:
    return values["schedule"] == "constant" or bool(values["reset_optimizer"])
