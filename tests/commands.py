"""Commands as a user calls them: in processes that start afresh, or at once.

A fresh process takes seconds to import TensorFlow. `forked` ones are children of one
that has imported it and has computed nothing, so they have no thread and no device of
another. Arguments, folder, environment, output and exit status are those of
`python SCRIPT ...`; `tests/commands_test.py` holds one kind to the other. What only a
fresh process shows, such as what it imports or how it starts, needs `fresh`.
"""

import atexit
import contextlib
import multiprocessing
import os
import pathlib
import runpy
import subprocess
import sys
import tempfile
import traceback
import types
from collections.abc import Sequence
from typing import Any

ROOT = pathlib.Path(__file__).parents[1]
# Imported once for all children; those of this repository are left to each child.
IMPORTED = [
    "tensorflow",
    "keras",
    "matplotlib.pyplot",
    "rich.console",
    "sklearn.datasets",
]
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(IMPORTED)

Done = subprocess.CompletedProcess


def fresh(
    *command: Any,
    cwd: str | os.PathLike[str] = ROOT,
    timeout: float = 600,
    **environment: str,
) -> Done:
    """Runs `python *command` in a process of its own."""
    return subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=cwd,
        env=_environment(environment),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def forked(
    *command: Any,
    cwd: str | os.PathLike[str] = ROOT,
    timeout: float = 600,
    **environment: str,
) -> Done:
    """As `fresh`, in a process that has imported the large packages already.

    Args:
        *command: A script and its arguments, or `-c`, code and its arguments.
        cwd: The folder it starts in.
        timeout: Seconds after which it is killed.
        **environment: Variables besides those of this process.
    """
    texts = [str(part) for part in command]
    with tempfile.TemporaryDirectory() as folder:
        outputs = [os.path.join(folder, name) for name in ("out", "err")]
        process = PROCESSES.Process(
            target=_become, args=(texts, str(cwd), _environment(environment), outputs)
        )
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(texts, timeout)
        out, err = (pathlib.Path(path).read_text("utf-8") for path in outputs)
    return Done(texts, process.exitcode, out, err)


def _environment(changes: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return {**kept, **changes}


def redirect(outputs: Sequence[str]) -> None:
    """Sends standard output and error of this process to files."""
    for number, path in enumerate(outputs, start=1):
        with open(path, "a", encoding="utf-8") as file:
            os.dup2(file.fileno(), number)


def _become(
    command: list[str], cwd: str, environment: dict[str, str], outputs: list[str]
) -> None:
    """Is the command from here on; never returns."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    redirect(outputs)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    status = _status(command)
    # What multiprocessing leaves out, and the end of a program does.
    with contextlib.suppress(Exception):
        atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(status)


def _status(command: list[str]) -> int:
    """Runs a command to its end; its exit status is that of an interpreter."""
    try:
        _run(command)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return (end.code or 0) & 0xFF
        print(end.code, file=sys.stderr)
        return 1
    except BaseException as error:
        _print(error)
        return 1
    return 0


def _print(error: BaseException) -> None:
    """Prints a traceback as an interpreter does, which knows nothing of this file."""
    own, trace = (__file__, runpy.__file__, "<frozen runpy>"), error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename in own:
        trace = trace.tb_next
    traceback.print_exception(type(error), error, trace)


def _run(command: list[str]) -> None:
    # The folder of the repository is a gift of pytest's.
    others = [path for path in sys.path if path not in ("", str(ROOT))]
    if command[0] == "-c":
        sys.argv, sys.path = ["-c", *command[2:]], ["", *others]
        main = types.ModuleType("__main__")
        sys.modules["__main__"] = main
        exec(compile(command[1], "<string>", "exec"), vars(main))
        return
    sys.argv = command
    sys.path = [os.path.dirname(os.path.abspath(command[0])), *others]
    runpy.run_path(command[0], run_name="__main__")
