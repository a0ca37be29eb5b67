"""The first signal asks, the second ends."""

import os
import signal

import pytest

from hypermask_tf.cli.stop_signals import stop_signals


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_asks_and_the_second_finds_what_was_there(number):
    before, asked = signal.getsignal(number), []
    with stop_signals(asked.append) as signals:
        assert signals.received is None
        os.kill(os.getpid(), number)
        assert asked == [number.name]
        assert signals.status == 128 + number
        assert signal.getsignal(number) == before


def test_afterwards_all_is_as_before():
    before = [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)]
    with pytest.raises(RuntimeError), stop_signals(lambda name: None):
        raise RuntimeError
    assert before == [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)]
