"""SIGTERM and Ctrl-C end a run where nothing is lost."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType

_HANDLED = (signal.SIGTERM, signal.SIGINT)


class StopSignals:
    """What was asked for by a signal.

    Attributes:
        received: The first signal, or None.
    """

    def __init__(self) -> None:
        self.received: signal.Signals | None = None

    @property
    def status(self) -> int:
        """Exit status, as a shell gives it to what a signal ended."""
        return 128 + (self.received or 0)


@contextlib.contextmanager
def stop_signals(ask: Callable[[str], None]) -> Iterator[StopSignals]:
    """Has `ask` called at the first signal; the second ends the process at once.

    Args:
        ask: Called with the signal's name, in the main thread.
    """
    signals = StopSignals()
    before = {number: signal.getsignal(number) for number in _HANDLED}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def handle(number: int, frame: FrameType | None) -> None:
        del frame
        restore()
        signals.received = signal.Signals(number)
        ask(signals.received.name)

    for number in _HANDLED:
        signal.signal(number, handle)
    try:
        yield signals
    finally:
        restore()
