"""The run: its folder, when it is saved, and what it says."""

from absl import flags

from hypermask_tf.cli import paths

RUN_DIR = paths.define_path("run_dir", None, "Folder to write the run to.")
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
SEED = flags.DEFINE_integer(
    "seed", 1, "Seed of weights, embeddings and batches.", 0, 2**32 - 1
)
VERBOSE = flags.DEFINE_bool("verbose", False, "Print the model's sizes first.")
DRY_RUN = flags.DEFINE_bool(
    "dry_run", False, "Print the model's sizes and stop before training."
)
TENSORBOARD = flags.DEFINE_bool("tensorboard", False, "Write TensorBoard events too.")


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
