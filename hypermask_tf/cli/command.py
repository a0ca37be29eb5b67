"""What the command lines share: exit statuses and how mistakes are told."""

import math
import os
import sys
import types
from collections.abc import Callable, Sequence

from absl import app, flags, logging

from hypermask_tf.export import mistakes
from hypermask_tf.export.quiet import start_backend

_DEBUG = flags.DEFINE_bool("debug", False, "Show the traceback of an error.")

FAILED = 1
USER_MISTAKE = 2
# As a shell says it of what Ctrl-C ended.
INTERRUPTED = 130


def mistake(text: str) -> int:
    """Prints one line on standard error; returns the status of a user's mistake."""
    say(text)
    return USER_MISTAKE


def warning(text: str) -> None:
    """Prints one line on standard error for what does not stop the command."""
    say(f"warning: {text}")


def name() -> str:
    """How this command was called: `hypermask train`, `python apps/train.py`."""
    called = sys.argv[0]
    return f"python {called}" if called.endswith(".py") else called


def say(text: str) -> None:
    """Prints one line on standard error, behind the command's name."""
    called = os.path.splitext(os.path.basename(sys.argv[0]))[0]
    print(f"{called}: {' '.join(text.split())}", file=sys.stderr)


def guard(main: Callable[[Sequence[str]], int]) -> Callable[[Sequence[str]], int]:
    """`main` with a user's mistakes told in one line, as status 2.

    Any other error keeps its traceback, which a program ends with as status 1.
    """

    def guarded(argv: Sequence[str]) -> int:
        if len(argv) > 1:
            return mistake(f"Expected flags only. Received: {' '.join(argv[1:])}")
        try:
            return main(argv)
        except KeyboardInterrupt:
            say("interrupted.")
            return INTERRUPTED
        except Exception as error:
            if _DEBUG.value or not mistakes.is_users(error):
                raise
            return mistake(str(error))

    return guarded


def run(main: Callable[[Sequence[str]], int]) -> None:
    """Runs `main` as a program; bad flags and user errors exit with status 2."""

    def parse(argv: Sequence[str]) -> list[str]:
        try:
            rest = flags.FLAGS(argv)
            _check_numbers()
            return rest
        except flags.Error as error:
            sys.exit(mistake(str(error)))

    # Data set readers announce every file they open.
    logging.set_verbosity(logging.WARNING)
    app.run(guard(main), flags_parser=parse)


def _check_numbers() -> None:
    """Raises an error of flags for NaN or infinity, which no bound keeps out."""
    for flag in flags.FLAGS:
        value = flags.FLAGS[flag].value
        if isinstance(value, float) and not math.isfinite(value):
            raise flags.IllegalFlagValueError(
                f"flag --{flag}={value}: Expected a finite number."
            )


def start_up(module: types.ModuleType) -> None:
    """Does what prints start-up notices, while the caller holds these back."""
    getattr(module, "start_up", start_backend)()


def start(module: types.ModuleType) -> None:
    """Runs a command of this package as the program; ends the process.

    Args:
        module: Has `main`, and its flags, or a function `define_flags` that makes them
            where other commands have flags of the same names.
    """
    sys.modules["__main__"].__doc__ = module.__doc__  # what `--help` begins with
    if hasattr(module, "run"):
        sys.exit(module.run(sys.argv[1:]))
    if hasattr(module, "define_flags"):
        module.define_flags()
    for flag in flags.FLAGS.get_key_flags_for_module(module.__name__):
        flags.FLAGS.register_key_flag_for_module(sys.argv[0], flag)
    run(module.main)
