"""The flags of `apps/train.py`: every choice of a run, with its default."""

from absl import flags

from hypermask_tf import regularizers, scenarios, targets
from hypermask_tf.learner import HEADS
from hypermask_tf.masks import GRANULARITIES
from hypermask_tf.masks.activations import ACTIVATIONS
from hypermask_tf.masks.selection import SHARING
from hypermask_tf.normalization.normalization_bank import MODES
from hypermask_tf.targets import INITIALIZERS
from hypermask_tf.training import (
    DISTRIBUTIONS,
    INHERITANCE,
    LOOPS,
    MEASURES,
    SELECTIONS,
)

BASELINES = ("none", "alone", "finetune")

# The run.
RUN_DIR = flags.DEFINE_string("run_dir", None, "Folder to write the run to.")
OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace a run in --run_dir.")
RESUME = flags.DEFINE_bool(
    "resume",
    False,
    "Go on with the run in --run_dir where it was saved last. All its choices are "
    "read from there.",
)
EXTEND = flags.DEFINE_integer(
    "extend_tasks",
    0,
    "With --resume: add so many tasks to a finished run.",
    lower_bound=0,
)
CHECKPOINT_EPOCHS = flags.DEFINE_integer(
    "checkpoint_epochs",
    0,
    "Save the run after so many epochs of --epoch_steps within a task; 0 for never. "
    "After each task it is saved in any case.",
    lower_bound=0,
)
CHECKPOINT_MINUTES = flags.DEFINE_float(
    "checkpoint_minutes",
    10.0,
    "Save the run within a task, at the end of an epoch, when so many minutes have "
    "gone since it was saved; 0 for never.",
    lower_bound=0.0,
)
KEEP_CHECKPOINTS = flags.DEFINE_integer(
    "keep_checkpoints",
    2,
    "How many of the checkpoints within a task to keep, the latest ones; they go when "
    "the task has ended.",
    lower_bound=1,
)
SEED = flags.DEFINE_integer("seed", 1, "Seed of weights, embeddings and batches.")
VERBOSE = flags.DEFINE_bool("verbose", False, "Print the model's sizes first.")
DRY_RUN = flags.DEFINE_bool(
    "dry_run", False, "Print the model's sizes and stop before training."
)
TENSORBOARD = flags.DEFINE_bool("tensorboard", False, "Write TensorBoard events too.")

# The data.
BENCHMARK = flags.DEFINE_string(
    "benchmark",
    "split_digits",
    f"The scenario to learn: {', '.join(scenarios.names())}; or tfds:NAME for any "
    "image data set of TFDS, with --classes_per_task.",
)
CLASSES = flags.DEFINE_list(
    "classes_per_task",
    ["0"],
    "Classes of each task: one number, or one for each task, which use up all classes, "
    "such as 50,10,10,10,10,10; 0 for the benchmark's own.",
)
NUM_TASKS = flags.DEFINE_integer(
    "num_tasks", 0, "Learn so many tasks; 0 for all.", lower_bound=0
)
CLASS_SEED = flags.DEFINE_integer(
    "class_seed",
    None,
    "Seed of the class order, or of the permutations; natural order by default.",
)
CLASS_ORDER = flags.DEFINE_enum(
    "class_order",
    "natural",
    ["natural", "fecam"],
    "Order of the classes of split_cifar100: as they are, or the shuffled one of "
    "FeCAM, with CIFAR's own mean and deviation.",
)
DATA_DIR = flags.DEFINE_string(
    "data_dir", None, "Folder of prepared TFDS data sets (or set TFDS_DATA_DIR)."
)
DOWNLOAD = flags.DEFINE_bool(
    "download", False, "Download and prepare a data set that is not there."
)
LIMIT_TRAIN = flags.DEFINE_integer(
    "limit_train",
    0,
    "Learn from the first so many training samples of each task only; 0 for all.",
    lower_bound=0,
)
AUGMENT = flags.DEFINE_integer(
    "augment_padding",
    0,
    "Train on random crops of images padded by so many pixels; 0 for none.",
    lower_bound=0,
)
FLIP = flags.DEFINE_bool(
    "augment_flip", False, "Train on images of which every second is mirrored."
)
BRIGHTNESS = flags.DEFINE_float(
    "augment_brightness",
    0.0,
    "Train on images whose pixels are multiplied by 1 plus or minus so much.",
    lower_bound=0.0,
    upper_bound=1.0,
)
POLICY = flags.DEFINE_enum(
    "augment_policy",
    "none",
    ["none", *scenarios.POLICIES],
    "Train on images changed by a learned policy: autoaugment_cifar10, that of "
    "AutoAugment for CIFAR-10, acts behind the other augmentations.",
)
OUTLIERS = flags.DEFINE_float(
    "outliers",
    0.0,
    "Weight of the term by which networks learn to tell their task's images from bent "
    "ones, which helps to infer tasks; 0 for none.",
    lower_bound=0.0,
)

# The target network.
TARGET = flags.DEFINE_enum("target", "mlp", targets.names(), "The target network.")
HIDDEN = flags.DEFINE_list(
    "hidden",
    ["400", "400"],
    "Widths of an mlp's hidden layers; of a convnet's stages, then of its dense layer.",
)
INITIALIZER = flags.DEFINE_enum(
    "initializer",
    None,
    INITIALIZERS,
    "First weights of any target but the convnet: the authors' uniform "
    "±1/sqrt(fan_in), or Keras's. The target's own choice by default: Keras's for a "
    "zenkenet, else the authors'.",
)
RESNET_BLOCKS = flags.DEFINE_integer(
    "resnet_blocks", 3, "Blocks in each of a resnet's three groups.", lower_bound=1
)
RESNET_WIDENING = flags.DEFINE_integer(
    "resnet_widening", 1, "Factor on the maps of a resnet's groups.", lower_bound=1
)
BATCH_NORM = flags.DEFINE_bool(
    "batch_norm", True, "Put batch norm behind each convolution of a resnet."
)
TRANSDUCTIVE = flags.DEFINE_bool(
    "transductive",
    False,
    "Let a resnet's batch norm use the batch at hand in evaluation too, as the "
    "authors do: not for devices, which see one image.",
)
DROPOUT = flags.DEFINE_bool(
    "dropout",
    True,
    "Dropout in a zenkenet. --nodropout is what the authors' figures come close to: "
    "theirs acts in the first step of each task only.",
)
DTYPE = flags.DEFINE_enum(
    "dtype",
    "float32",
    ["float32", "mixed_bfloat16", "mixed_float16"],
    "Dtype policy of the target network.",
)
NORMALIZATION = flags.DEFINE_enum(
    "normalization", "per_task", MODES, "Whose batch norm is."
)
HEAD = flags.DEFINE_enum(
    "head",
    "shared",
    HEADS,
    "Whether all tasks use one output layer, or each has its own.",
)

# The masks.
GRANULARITY = flags.DEFINE_enum(
    "granularity", "unit", sorted(GRANULARITIES), "What has a mask score of its own."
)
SPARSITY = flags.DEFINE_list(
    "sparsity",
    ["90"],
    "Percentage of scores switched off: one number, or one for each group of scores, "
    "such as 90,80.",
)
THRESHOLD = flags.DEFINE_enum(
    "threshold",
    "layer",
    SHARING,
    "Whether each group of scores has a threshold, or the network has one, so that "
    "groups share what is on.",
)
FLOOR = flags.DEFINE_float(
    "floor",
    1.0,
    "With --threshold=network: percentage of each group that stays on in any case.",
    0.0,
    100.0,
)
REUSE = flags.DEFINE_list(
    "reuse",
    ["1"],
    "Share of a task's units that may be units taken by earlier tasks while free "
    "ones last: 0 takes free ones first, 1 any. One number, or one for each group.",
)
BORROW = flags.DEFINE_list(
    "borrow",
    ["1"],
    "Taken units that stand in for each free one that a task asks for and does not "
    "find (--reuse below 1). One number, or one for each group.",
)
READ = flags.DEFINE_list(
    "read",
    ["0"],
    "Share of the units of earlier tasks that a task uses besides its own, as they "
    "are: 0 none, 1 all. One number, or one for each group.",
)
ACTIVATION = flags.DEFINE_enum(
    "activation", "abs_tanh", sorted(ACTIVATIONS), "From score to mask value."
)
RAMP = flags.DEFINE_bool(
    "ramp", False, "Let the sparsity rise over the first task, as the authors do."
)

INHERIT = flags.DEFINE_enum(
    "inherit",
    "none",
    INHERITANCE,
    "What a task starts from: a copy of the latest task's network, or of the one whose "
    "features best classify its training data.",
)
GROW = flags.DEFINE_float(
    "grow",
    0.0,
    "Factor by which layers widen when a task finds too few free units; 0 for never. "
    "Needs --granularity=unit and --protection=used or hard.",
    0.0,
)

# The hypernetwork.
HYPERNETWORK = flags.DEFINE_enum(
    "hypernetwork",
    "mlp",
    ["mlp", "chunked", "mask_bank"],
    "What emits the scores; mask_bank: independent scores per task.",
)
HYPER_HIDDEN = flags.DEFINE_list(
    "hyper_hidden", ["25", "25"], "Widths of the hypernetwork's hidden layers."
)
EMBEDDING = flags.DEFINE_integer(
    "embedding_dim", 128, "Length of a task's embedding.", lower_bound=1
)
CHUNK_SIZE = flags.DEFINE_integer(
    "chunk_size", 4096, "Scores per chunk of a chunked hypernetwork.", lower_bound=1
)
CHUNK_EMBEDDING = flags.DEFINE_integer(
    "chunk_embedding_dim", 32, "Length of a chunk's embedding.", lower_bound=1
)
MEMORY_GIB = flags.DEFINE_float(
    "memory_limit_gib", 2.0, "Memory allowed for the hypernetwork in training.", 0.0
)

# What stops forgetting.
PROTECTION = flags.DEFINE_enum(
    "protection", "used", regularizers.PROTECTIONS, "Which weights lambda protects."
)
BETA = flags.DEFINE_float("beta", 1e-3, "Weight of the output regulariser.", 0.0)
LAMBDA = flags.DEFINE_float("lambda", 1.0, "Weight of the weight regulariser.", 0.0)
REDUCTION = flags.DEFINE_enum(
    "output_reduction",
    "mean",
    regularizers.REDUCTIONS,
    "How the output regulariser is scaled over earlier tasks.",
)
SAMPLED = flags.DEFINE_integer(
    "sampled_tasks",
    0,
    "Regularise the outputs of so many random earlier tasks a step; 0 for all.",
    lower_bound=0,
)

# What to compare with.
BASELINE = flags.DEFINE_enum(
    "baseline",
    "none",
    BASELINES,
    "Learn without masks and protection instead, whatever the flags of masks, of the "
    "hypernetwork and of protection say. finetune: one dense network goes on from task "
    "to task. alone: each task has a dense network of its own, from first weights.",
)

# The training.
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
RESET = flags.DEFINE_bool(
    "reset_optimizer", True, "Start every task with a fresh optimizer."
)
JIT = flags.DEFINE_bool(
    "jit_compile",
    None,
    "Compile the step with XLA. Left out: yes, but for convolutions on a CPU, which "
    "are slower with it; an mlp is faster.",
)
LOOP = flags.DEFINE_enum(
    "loop",
    "fit",
    LOOPS,
    "What feeds the steps. fit: batches from the host. device: the task's samples lie "
    "on the device, and a compiled loop makes the batches there (TensorFlow only).",
)
STEPS_PER_CALL = flags.DEFINE_integer(
    "steps_per_execution", 20, "Steps per call of the compiled function.", 1
)
EPOCH_STEPS = flags.DEFINE_integer(
    "epoch_steps", 100, "Steps between two lines of the log.", 1
)
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
MEASURE_UNSEEN = flags.DEFINE_bool(
    "measure_unseen", True, "Measure tasks not yet learned: forward transfer needs it."
)
MEASURE = flags.DEFINE_enum(
    "measure",
    "test",
    MEASURES,
    "What accuracies are measured on. Settings are to be chosen on validation data.",
)


def replicated() -> bool:
    """Whether replicas of `tf.distribute` learn in step."""
    return DISTRIBUTE.value in ("mirrored", "multi_worker")


def _within(text: str, highest: float, lowest: float = 0) -> bool:
    try:
        return lowest <= float(text) <= highest
    except ValueError:
        return False


flags.register_validator(
    "benchmark",
    lambda name: name in scenarios.names() or name.startswith("tfds:"),
    message=f"Expected one of {', '.join(scenarios.names())}, or tfds:NAME",
)
flags.register_validator(
    "sparsity",
    lambda values: bool(values) and all(_within(v, 99.999) for v in values),
    message="Expected percentages from 0 to 99.999, such as 90 or 90,80",
)
for _name in ("reuse", "read"):
    flags.register_validator(
        _name,
        lambda values: bool(values) and all(_within(v, 1) for v in values),
        message="Expected shares from 0 to 1, such as 0 or 1,0.5",
    )
flags.register_validator(
    "borrow",
    lambda values: bool(values) and all(_within(v, 1e9, 1) for v in values),
    message="Expected numbers from 1 up, such as 10 or 10,1",
)
flags.register_validator(
    "classes_per_task",
    lambda sizes: (
        [s.strip() for s in sizes] in ([], ["0"])
        or all(s.strip().isdigit() and int(s) > 0 for s in sizes)
    ),
    message="Expected a number of classes such as 2, or one for each task, such as "
    "50,10,10,10,10,10",
)
for _name in ("hidden", "hyper_hidden"):
    flags.register_validator(
        _name,
        lambda widths: all(w.strip().isdigit() and int(w) > 0 for w in widths),
        message="Expected positive layer widths such as 400,400",
    )


@flags.multi_flags_validator(
    ["resume", "overwrite"],
    message="--resume goes on with a run, --overwrite removes it: choose one",
)
def _keep_or_remove(values: dict[str, bool]) -> bool:
    return not (values["resume"] and values["overwrite"])


@flags.multi_flags_validator(
    ["resume", "extend_tasks"],
    message="--extend_tasks adds to a run that is there: it needs --resume",
)
def _extends_a_run(values: dict[str, int]) -> bool:
    return bool(values["resume"]) or not values["extend_tasks"]


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


@flags.multi_flags_validator(
    ["distribute", "jit_compile"],
    message="--distribute=mirrored and multi_worker work without XLA: leave "
    "--jit_compile out",
)
def _exchanged_without_xla(values: dict[str, object]) -> bool:
    replicas = values["distribute"] in ("mirrored", "multi_worker")
    return not (replicas and values["jit_compile"])
