"""The choices of the export command."""

from absl import flags

from hypermask_tf.cli import paths
from hypermask_tf.export.quantize.recipe import FLOAT32, QUANTIZATIONS, RECIPES

RUN_DIR = paths.define_path("run_dir", None, "Folder of the run to export.")
QUANTIZATION = flags.DEFINE_list(
    "quantization",
    [FLOAT32],
    "How weights are stored, one file each: "
    + "; ".join(f"{name}: {recipe.meaning}" for name, recipe in RECIPES.items())
    + "; or all.",
)
TASKS = flags.DEFINE_list(
    "tasks", None, "Numbers of the tasks to export, from 0; all learned by default."
)
OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace files exported earlier.")
MAX_ACCURACY_DROP = flags.DEFINE_float(
    "max_accuracy_drop",
    0.5,
    "How many percentage points of accuracy on validation data a file may lose "
    "against Keras. One that loses more is replaced by the next safer recipe.",
    lower_bound=0.0,
    upper_bound=100.0,
)
MAX_MAE_RISE = flags.DEFINE_float(
    "max_mae_rise",
    2.0,
    "Of files that predict a number: by how many percent of Keras' their mean absolute "
    "error on validation data may be larger.",
    lower_bound=0.0,
)
COMPACT = flags.DEFINE_bool(
    "compact",
    True,
    "Remove what a task's mask switches off, and all that dies with it, so that the "
    "file is physically small. Without it, they stay in the file as zeros.",
)
SPARSE = flags.DEFINE_bool(
    "sparse",
    True,
    "Leave zeros out of weights that are computed with in floats, where that makes "
    "the file smaller. TensorFlow Lite Micro cannot read such files.",
)
INTEGER_IO = flags.DEFINE_bool(
    "integer_io", False, "Let files of --quantization=int8 take and give int8."
)
BUDGET_KB = flags.DEFINE_float(
    "budget_kb",
    None,
    "Keep of each task only the file that is most accurate on validation data among "
    "those of at most so many kB (1,000 bytes). Tries all recipes, or those of "
    "--quantization if given.",
    lower_bound=0.0,
)
ONE_FILE = flags.DEFINE_bool(
    "one_file",
    False,
    "Put all exported tasks into one file as well, for each of --quantization: a "
    "signature a task, of its name, and weights that tasks share stored once.",
)
BASELINE = flags.DEFINE_bool(
    "baseline",
    False,
    "Measure the dense float32 network too: its size, and its latency in turns with "
    "each task's files.",
)
LATENCY = flags.DEFINE_bool("latency", True, "Measure latencies.")
DRIFT_AGAINST = paths.define_path(
    "drift_against",
    None,
    "Show how files moved since an older export: its folder, its run, or runs/x@2 "
    "for what --run_dir=runs/x was after task 2.",
)
WORKERS = flags.DEFINE_integer(
    "workers",
    None,
    "How many tasks to work on at a time; by default what cores and memory allow.",
    lower_bound=1,
)
MARKDOWN = flags.DEFINE_bool("markdown", False, "Print the tables as Markdown.")
DATA_DIR = paths.define_path(
    "data_dir", None, "Where the data sets lie; by default where the run found them."
)

flags.register_validator(
    "run_dir", bool, message="Pass the folder of a trained run: --run_dir=runs/x"
)
flags.register_validator(
    "quantization",
    lambda names: bool(names) and set(names) <= {*QUANTIZATIONS, "all"},
    message=f"Expected all, or some of {', '.join(QUANTIZATIONS)}",
)
flags.register_validator(
    "tasks",
    lambda tasks: tasks is None or (tasks and all(t.strip().isdigit() for t in tasks)),
    message="Expected task numbers such as --tasks=0,3",
)


def quantizations() -> tuple[str, ...]:
    """Returns the recipes that the flags ask for, safest first."""
    names = set(QUANTIZATION.value)
    given = flags.FLAGS["quantization"].present
    if "all" in names or (BUDGET_KB.value is not None and not given):
        return QUANTIZATIONS
    return tuple(name for name in QUANTIZATIONS if name in names)
