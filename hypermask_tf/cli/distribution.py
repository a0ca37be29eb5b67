"""Starts the devices and processes that a run is shared out over."""

import atexit
import importlib.util
import shutil
import tempfile

from absl import flags

from hypermask_tf.cli import train_flags as f
from hypermask_tf.cli.build import build_hypernetwork
from hypermask_tf.export.quiet import quiet_stderr, start_backend
from hypermask_tf.training import Distribution, distribute, is_chief
from hypermask_tf.training.folder_lock import LOCK_FILE


def look_for_gpus() -> None:
    """Has TensorFlow say in time, inside `quiet_stderr`, that it finds no GPU.

    Data set readers ask it before `main` begins. Nothing is computed here yet:
    `start` must come first. On another backend it may not be installed.
    """
    if importlib.util.find_spec("tensorflow") is None:
        return
    import tensorflow as tf

    tf.config.list_physical_devices("GPU")


def start(values: flags.FlagValues) -> Distribution:
    """Prepares this process as `--distribute` says; to be called before all else.

    Every process runs the same program to the end. All but the chief write their run
    to a folder that goes with them, so what is in `--run_dir` has one author.

    Args:
        values: The flags; `run_dir` is set to where this process writes.

    Raises:
        ValueError: If what the flag names is not to be had.
    """
    name = f.DISTRIBUTE.value
    if not is_chief(name):
        values["run_dir"].value = _own_folder(str(values["run_dir"].value))
    with quiet_stderr():
        shared = distribute(name, build_hypernetwork, f.VIRTUAL_DEVICES.value)
        start_backend()
    shared.check_batch(f.BATCH.value)
    return shared


def _own_folder(run_dir: str) -> str:
    """A temporary folder for a run, with what there is to go on from."""
    folder = tempfile.mkdtemp(prefix="hypermask_tf_")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if f.RESUME.value:
        # The chief waits for this process before it writes anything.
        ignored = shutil.ignore_patterns(LOCK_FILE)
        shutil.copytree(run_dir, folder, dirs_exist_ok=True, ignore=ignored)
    return folder
