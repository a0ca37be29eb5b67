"""The command `hypermask`: one name for all commands.

    hypermask train --benchmark=split_digits --run_dir=x
    hypermask export --run_dir=x

It stands beside the package, since importing that starts TensorFlow, and what
TensorFlow prints meanwhile would be mixed with what a command says.
"""

import contextlib
import dataclasses
import difflib
import importlib
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence


@dataclasses.dataclass(frozen=True)
class _Command:
    """A module of `hypermask_tf.cli`, and how it is started.

    Attributes:
        module: Its name.
        does: What it does, in one line.
        one_thread: Whether it compares with files that run on one CPU thread, so that
            no GPU may take part.
        tensorflow: Whether it converts networks, for which Keras is to run on it.
    """

    module: str
    does: str
    one_thread: bool = False
    tensorflow: bool = False


COMMANDS = {
    "train": _Command("train", "Learn the tasks of a benchmark, and keep the run."),
    "evaluate": _Command("evaluate", "Evaluate a run where nobody names the task."),
    "export": _Command(
        "export_tflite", "Write a run's tasks as .tflite files.", True, True
    ),
    "export-router": _Command(
        "export_router",
        "Write one .tflite file that finds the task itself.",
        True,
        True,
    ),
    "verify": _Command(
        "verify", "Run exported files again; fail where one fell.", True
    ),
    "add": _Command(
        "add", "Learn a further task into a finished run.", tensorflow=True
    ),
    "update": _Command(
        "update", "Learn a task again, as its next version.", tensorflow=True
    ),
    "rollback": _Command("rollback", "Put another version of a task into use."),
    "forget": _Command("forget", "Remove a task from a run."),
    "undo": _Command("undo", "Give up a task that is being added."),
    "status": _Command("status", "Print the tasks of a run, and the room left."),
    "show-report": _Command("show_report", "Print the report of an export again."),
    "bundle": _Command("bundle", "Pack exported files, and restore them."),
    "check-micro": _Command(
        "check_micro", "Run exported files in TensorFlow Lite Micro.", one_thread=True
    ),
    "report": _Command("report", "Collect runs in a table."),
    "compare": _Command("compare", "Compare the methods of several runs."),
    "compare-sizes": _Command("compare_sizes", "Compare accuracy and bytes of runs."),
    "sweep": _Command("sweep", "Search settings on validation data."),
    "benchmark": _Command("benchmark", "Time training steps."),
}


def start(name: str) -> None:
    """Runs a command with the arguments of this process; ends the process.

    Args:
        name: One of `COMMANDS`.
    """
    command = COMMANDS[name]
    if command.one_thread:
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    if command.tensorflow:
        # Whatever Keras's own file of settings says.
        os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    backends = ("tensorflow",) if command.tensorflow else ("tensorflow", "jax")
    start_module(f"hypermask_tf.cli.{command.module}", backends)


def start_module(name: str, backends: Sequence[str] = ("tensorflow",)) -> None:
    """Runs a module that has the `main` of a command; ends the process.

    Args:
        name: The module's name.
        backends: The backends of Keras it runs on.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with _quiet():
        wrong = _wrong_backend(backends)
        if not wrong:
            module = importlib.import_module(name)
            shared = importlib.import_module("hypermask_tf.cli.command")
            shared.start_up(module)
    if wrong:
        called = os.path.splitext(os.path.basename(sys.argv[0]))[0]
        print(f"{called}: {wrong}", file=sys.stderr)
        sys.exit(2)
    shared.start(module)


def _wrong_backend(backends: Sequence[str]) -> str:
    """What is wrong with the backend that Keras starts with; empty if nothing is."""
    chosen = os.environ.get("KERAS_BACKEND")
    where = f"KERAS_BACKEND={chosen}" if chosen else "KERAS_BACKEND, which is not set"
    expected = (
        f"Expected Keras with the backend {' or '.join(backends)}. Received: {where}"
    )
    if chosen and chosen not in backends:
        return f"{expected}. Unset it, or set KERAS_BACKEND={backends[0]}."
    try:
        keras = importlib.import_module("keras")
    except (ModuleNotFoundError, ValueError) as error:
        return f"{expected}: {error}. Install it, or set KERAS_BACKEND to one that is."
    if keras.backend.backend() not in backends:  # Keras's own file of settings says it.
        return f"{expected}: Keras took {keras.backend.backend()}. Set it."
    return ""


def main() -> None:
    """Runs the command that the first argument names."""
    name = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if name in ("-h", "--help", "help"):
        print(_help())
        return
    if name not in COMMANDS:
        close = difflib.get_close_matches(name, COMMANDS, 1)
        hint = f" Did you mean {close[0]}?" if close else ""
        known = ", ".join(COMMANDS)
        print(
            f"hypermask: Expected one of {known}. Received: {name}.{hint}",
            file=sys.stderr,
        )
        sys.exit(2)
    sys.argv[:2] = [f"hypermask {name}"]
    start(name)


def _help() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {entry.does}" for name, entry in COMMANDS.items()]
    return "\n".join(
        [
            "usage: hypermask COMMAND [--flags]",
            "",
            *lines,
            "",
            "`hypermask COMMAND --help` lists the flags of a command.",
        ]
    )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Holds back what is written to standard error, unless something is raised."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        failed = True
        try:
            yield
            failed = False
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            if failed:
                held.seek(0)
                os.write(2, held.read())


if "--multiprocessing-fork" in sys.orig_argv:
    # A worker of a command: it comes here before anything imports the package.
    with _quiet():
        importlib.import_module("hypermask_tf")

if __name__ == "__main__":
    main()
