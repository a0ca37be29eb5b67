"""Keep native start-up noise away from the user's terminal."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator

from hypermask_tf.export import mistakes


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Holds back what is written to the process's standard error.

    TensorFlow and LiteRT print start-up notices from C++ before any log level is
    read, so only the file descriptor itself can keep them out. The held text is
    dropped when the block ends well and printed when it raises something that is
    not a user's mistake, so that a crash keeps its logs.

    Example:

    >>> with quiet_stderr():
    ...     _ = os.write(2, b"noise from C++")
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        crashed = False
        try:
            yield
        except Exception as error:
            crashed = not mistakes.is_users(error)
            raise
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            if crashed:
                held.seek(0)
                os.write(2, held.read())


def start_backend() -> None:
    """Makes Keras's first tensor, which prints the last of the start-up notices.

    Called inside `quiet_stderr`. Otherwise the first to touch a device is whoever
    comes first, a data set reader's start hook for one, and a line about a missing
    GPU ends up among the program's own.
    """
    import keras

    keras.ops.zeros(())
