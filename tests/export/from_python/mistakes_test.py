"""What cannot be exported, and what is said of it."""

import keras
import numpy as np
import pytest

import hypermask_tf as hm
from tests import commands
from tests.export.from_python.learners import (
    OF_LOGITS,
    X,
    Y,
    export,
    layers,
    learner,
)

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"task": 2}, "task=2"),
        ({"task": "dor"}, "Did you mean 'door'"),
        ({"validation": X}, r"`validation` to be `\(x, y\)`.*Received: ndarray"),
        ({"validation": (X, Y[:-1])}, "63 targets"),
        ({"validation": (X, Y + 1)}, r"class numbers in 0\.\.1.*from 1 to 2"),
        ({"validation": (X[:, :5], Y)}, "shape"),
        ({"test": (X[:0], Y[:0])}, "at least one example"),
        ({"representative": X[:, :5]}, "representative data"),
        ({"labels": "ab"}, "at most 2 labels"),
        ({"quantizations": "int3"}, "quantization must be one of"),
        ({"quantizations": ()}, "Expected some of"),
        ({"metric": lambda y, p: p[:, 0]}, "higher_is_better"),
    ],
)
def test_mistakes_are_told_before_anything_is_made(
    two_classes, tmp_path, arguments, message
):
    arguments = {"validation": (X, Y), **arguments}
    with pytest.raises(ValueError, match=message):
        export(two_classes, tmp_path / "no", **arguments)
    assert not (tmp_path / "no").exists()


def test_a_misspelt_part_of_a_task_is_told(two_classes, tmp_path):
    with pytest.raises(TypeError, match="validatoin"):
        hm.export.export_tasks(two_classes, {0: {"validatoin": (X, Y)}}, tmp_path)
    with pytest.raises(TypeError, match="`model` must be of HyperMask"):
        export(two_classes.target, tmp_path, (X, Y))


def test_what_cannot_be_converted_is_refused_with_the_layer(tmp_path):
    words = layers.TextVectorization(
        vocabulary=["a", "b"], output_sequence_length=4, name="words"
    )
    text = keras.Input((1,), dtype="string", name="text")
    known = layers.Flatten()(layers.Embedding(5, 4)(words(text)))
    target = keras.Model(text, layers.Dense(2)(layers.Dense(4, "relu")(known)))
    model = hm.HyperMask(target, 1)
    model.begin_task(0)
    with pytest.raises(ValueError, match=r"layer 'words' \(TextVec.*'text'"):
        export(model, tmp_path / "no", (np.array([["a"]]), np.array([0])))
    assert not (tmp_path / "no").exists()

    class Inverse(layers.Layer):
        def call(self, x):
            return keras.ops.linalg.inv(x)

    matrix = keras.Input((3, 3))
    flat = layers.Flatten()(Inverse(name="inverter")(matrix))
    target = keras.Model(matrix, layers.Dense(2)(layers.Dense(4, "relu")(flat)))
    x = (np.eye(3) + 0.1 * RANDOM.normal(size=(8, 3, 3))).astype("float32")
    y = np.arange(8) % 2
    model = learner(target, OF_LOGITS, x, y)
    with pytest.raises(ValueError, match=r"MatrixInverse.*in 'inverter'"):
        export(model, tmp_path / "no", (x, y))
    assert not (tmp_path / "no").exists()


@pytest.mark.slow
def test_the_library_is_imported_without_litert():
    code = (
        "import sys, hypermask_tf as hm; "
        "late = {'ai_edge_litert', 'hypermask_tf.export.from_python.api'}; "
        "assert not late & {*sys.modules}; "
        "hm.export.export_task"
    )
    assert commands.fresh("-c", code).returncode == 0
