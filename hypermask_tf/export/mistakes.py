"""Tells a user's mistakes from faults of this project.

Errors for the user are raised on purpose, by a `raise` in this project. A `ValueError`
or a `TypeError` that comes from anywhere else is a fault, and needs its traceback.
"""

import dis
import types

from absl import flags

_OURS = frozenset({"apps", "export", "hypermask_tf", "__main__"})
_RAISE, _RERAISE = dis.opmap["RAISE_VARARGS"], dis.opmap["RERAISE"]
# Name of the mark on an error that has lost its traceback on the way to this process.
_MARK = "_raised_for_the_user"


def is_users(error: BaseException) -> bool:
    """Whether one line is enough to tell an error.

    True for what the operating system refuses, for flags that cannot be read, and for
    a `ValueError`, `TypeError` or `ImportError` that this project raised on purpose.

    Example:

    >>> try:
    ...     len(3)
    ... except TypeError as error:
    ...     is_users(error)
    False
    """
    if isinstance(error, (OSError, flags.Error)):
        return True
    expected = isinstance(error, (ValueError, TypeError, ImportError))
    return expected and raised_on_purpose(error)


def is_fault(error: BaseException) -> bool:
    """Whether code of this project failed without meaning to.

    Errors of other packages are no faults here: the converter refuses a model that way.
    """
    last = _innermost(error)
    return last is not None and _is_ours(last) and not raised_on_purpose(error)


def raised_on_purpose(error: BaseException) -> bool:
    """Whether a `raise` statement of this project raised an error."""
    if getattr(error, _MARK, False):
        return True
    last = _innermost(error)
    return last is not None and _is_ours(last) and _is_raise(last)


def mark(error: BaseException) -> None:
    """Notes on an error what its traceback says, before it is sent elsewhere.

    Tracebacks do not travel between processes; attributes do.
    """
    if raised_on_purpose(error):
        setattr(error, _MARK, True)


def _innermost(error: BaseException) -> types.TracebackType | None:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace


def _is_ours(trace: types.TracebackType) -> bool:
    name = str(trace.tb_frame.f_globals.get("__name__", ""))
    return name.partition(".")[0] in _OURS


def _is_raise(trace: types.TracebackType) -> bool:
    """Whether the last thing done there was a `raise`."""
    code = trace.tb_frame.f_code
    last = code.co_code[trace.tb_lasti]
    if last != _RERAISE:
        return last == _RAISE
    # Keras shortens tracebacks. Where a frame has left a `with` or a `try` since, it
    # keeps the line and loses the instruction.
    return any(
        line == trace.tb_lineno and _RAISE in code.co_code[start:end:2]
        for start, end, line in code.co_lines()
    )
