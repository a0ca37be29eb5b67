"""Which errors one line is enough for, and which need a traceback."""

import os
import pickle
import types

import keras
import numpy as np
import pytest
from absl import flags

from hypermask_tf.cli import command
from hypermask_tf.export import mistakes
from hypermask_tf.export.sidecar import stem
from tests.learners import hyper_mask


def _function(body, package="hypermask_tf.some"):
    """A function of a module of this project."""
    module = types.ModuleType(package)
    lines = "\n".join("    " + line for line in body.splitlines())
    exec(f"def function():\n{lines}\n", vars(module))
    return vars(module)["function"]


def _caught(function):
    with pytest.raises(Exception) as caught:  # noqa: PT011
        function()
    return caught.value


MEANT = {
    "an error of ours": "raise ValueError('Expected so.')",
    "from another": (
        "try:\n    int('x')\nexcept ValueError as e:\n    raise TypeError('so') from e"
    ),
    "a missing package": "raise ImportError('pip install so')",
    "after a block": (
        "try:\n    with open('/dev/null'):\n        raise ValueError('so')\n"
        "finally:\n    len('')"
    ),
    "passed on": "try:\n    raise ValueError('so')\nexcept ValueError:\n    raise",
}
FAULTS = {
    "a wrong argument": "len(3)",
    "a wrong value": "int('x')",
    "a message that cannot be made": "raise ValueError('so' + 3)",
    "passed on": "try:\n    int('x')\nexcept ValueError:\n    raise",
    "NumPy's": "import numpy as np\nnp.zeros(2) + np.zeros(3)",
    "an import": "from hypermask_tf import nothing_of_this_name",
    "a key": "{}['x']",
    "after a block": "with open('/dev/null'):\n    int('x')",
}


@pytest.mark.parametrize(
    "package", ["hypermask_tf.cli.train", "export.x", "hypermask_tf"]
)
@pytest.mark.parametrize("body", MEANT.values(), ids=MEANT)
def test_what_is_raised_for_the_user_is_told(body, package):
    error = _caught(_function(body, package))
    assert mistakes.is_users(error) and not mistakes.is_fault(error)


@pytest.mark.parametrize("body", FAULTS.values(), ids=FAULTS)
def test_what_nobody_raised_is_a_fault(body):
    error = _caught(_function(body))
    assert not mistakes.is_users(error) and mistakes.is_fault(error)


def test_what_another_package_raises_is_neither():
    error = _caught(_function(MEANT["an error of ours"], "tensorflow.some"))
    assert not mistakes.is_users(error) and not mistakes.is_fault(error)


def test_what_the_system_or_a_flag_refuses_is_told():
    assert mistakes.is_users(_caught(lambda: os.stat("/no/such/file")))
    values = flags.FlagValues()
    assert mistakes.is_users(_caught(lambda: values(["x", "--no_such_flag"])))


@pytest.mark.parametrize("inside", ["raise ValueError('so')", "int('x')"])
def test_keras_shortens_tracebacks_and_it_stays_the_same(inside):
    """Its layers hand on errors with tracebacks made anew."""
    body = f"with open('/dev/null'):\n    {inside}"
    function = _function(body)

    class Layer(keras.Layer):
        def call(self, x):
            function()

    error = _caught(lambda: Layer()(np.zeros((1, 2))))
    assert mistakes.is_users(error) == ("raise" in inside)


def test_calls_of_the_library():
    target = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    assert mistakes.is_users(_caught(lambda: hyper_mask(target, 0)))
    assert mistakes.is_fault(_caught(lambda: stem("one", "float32")))


@pytest.mark.parametrize("body", ["raise ValueError('so')", "int('x')"])
def test_a_mark_travels_between_processes(body):
    error = _caught(_function(body))
    told = mistakes.is_users(error)
    mistakes.mark(error)
    assert mistakes.is_users(pickle.loads(pickle.dumps(error))) == told


@pytest.fixture
def read_flags():
    """Flags as a command reads them."""
    flags.FLAGS.mark_as_parsed()
    yield
    flags.FLAGS.unparse_flags()


def test_a_command_tells_the_one_and_raises_the_other(capsys, read_flags):
    def call(body):
        function = _function(body, "apps.x")
        return command.guard(lambda argv: function())(["x"])

    assert call("raise ValueError('Expected so.\\nReceived: x')") == 2
    assert capsys.readouterr().err.endswith(": Expected so. Received: x\n")
    with pytest.raises(ValueError, match="invalid literal"):
        call("int('x')")
    with pytest.raises(KeyError):
        call("raise KeyError('x')")
    assert call("raise KeyboardInterrupt") == 130
    assert capsys.readouterr().err.endswith(": interrupted.\n")


def test_debug_shows_the_traceback_of_both(read_flags, monkeypatch):
    monkeypatch.setattr(command, "_DEBUG", types.SimpleNamespace(value=True))
    with pytest.raises(ValueError, match="so"):
        command.guard(lambda argv: _function("raise ValueError('so')")())(["x"])
