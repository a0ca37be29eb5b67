"""The choices of a run as text: a flagfile that runs it again."""

from absl import flags

# Named, not imported: importing it would give its flags to every command.
_TRAIN_FLAGS = "hypermask_tf.cli.train_flags"
# The next run has a folder of its own, asks again before it replaces one, and finds
# its data where they then lie.
NOT_KEPT = frozenset({"run_dir", "overwrite", "data_dir", "resume", "extend_tasks"})
# What a flag says whose value follows from others.
AUTO = "auto"
# What stood for a flag in runs from before there was one, whose flagfiles lack it.
BEFORE = {
    "transductive": "false",
    "class_order": "natural",
    "dropout": "true",
    "mask_scale": "1",
    "hyper_rate": "1.0",
    "compact_forward": "false",
    "outliers": "0.0",
    "reuse": "1",
    "augment_bands": "0",
}
# May say another place when a run goes on: a fingerprint tells whether it is the same.
MOVABLE = frozenset({"data"})
# They change nothing of what is learned, so a run may go on with others.
HARMLESS = frozenset(
    {
        "verbose",
        "dry_run",
        "tensorboard",
        "download",
        "checkpoint_epochs",
        "checkpoint_minutes",
        "keep_checkpoints",
    }
)


def run_flags(values: flags.FlagValues) -> dict[str, flags.Flag]:
    """Every flag of the training command by name, but those of `NOT_KEPT`.

    Of `--benchmark` and `--data`, only the one that is learned.
    """
    chosen = values.get_key_flags_for_module(_TRAIN_FLAGS)
    own = "data" in values and values["data"].value is not None
    left_out = NOT_KEPT | ({"benchmark"} if own else set())
    return {flag.name: flag for flag in chosen if flag.name not in left_out}


def flagfile(values: flags.FlagValues) -> str:
    """Every choice of a run, one flag a line, sorted."""
    lines = [f.serialize() for f in run_flags(values).values() if f.value is not None]
    return "\n".join(sorted(line for line in lines if line)) + "\n"


def read_flagfile(text: str) -> dict[str, str]:
    r"""Flags by name, as `flagfile` wrote them; switches are "true" or "false".

    >>> read_flagfile("# Small.\n--hidden=24,24\n--noramp\n")
    {'hidden': '24,24', 'ramp': 'false'}
    """
    read = {}
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            continue
        name, equals, value = line.strip().removeprefix("--").partition("=")
        if equals:
            read[name] = value
        elif name:
            off = name.startswith("no")
            read[name.removeprefix("no") if off else name] = str(not off).lower()
    return read
