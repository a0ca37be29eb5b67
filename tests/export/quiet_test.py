import os

import pytest

from hypermask_tf.export.quiet import quiet_stderr


def test_native_output_is_dropped(capfd):
    with quiet_stderr():
        os.write(2, b"noise")
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"


@pytest.mark.parametrize(
    ("error", "kept"),
    [(FileNotFoundError, ""), (ValueError, "noise"), (RuntimeError, "noise")],
)
def test_only_a_crash_keeps_the_output(capfd, error, kept):
    with pytest.raises(error), quiet_stderr():
        os.write(2, b"noise")
        raise error
    assert capfd.readouterr().err == kept
