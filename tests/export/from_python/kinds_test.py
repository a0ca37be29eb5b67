"""Networks with any inputs and outputs, and what judges them."""

import json

import keras
import numpy as np
import pytest

import hypermask_tf as hm
from hypermask_tf.export.interpreter import make_interpreter, run_tflite
from hypermask_tf.export.write.metadata import read_labels
from tests.export.from_python.learners import (
    OF_LOGITS,
    X,
    Y,
    content,
    export,
    layers,
    learner,
    losses,
    mlp,
)

RANDOM = np.random.default_rng(0)


def test_inputs_and_outputs_by_name_and_whole_numbers(tmp_path):
    place = keras.Input((3,), dtype="int32", name="place")
    speed = keras.Input((4,), name="speed")
    known = layers.Flatten()(layers.Embedding(9, 2)(place))
    hidden = layers.Dense(8, "relu")(layers.Concatenate()([speed, known]))
    target = keras.Model(
        {"speed": speed, "place": place},
        {"far": layers.Dense(2)(hidden), "kind": layers.Dense(3)(hidden)},
    )
    x = {
        "speed": RANDOM.normal(size=(40, 4)).astype("float32"),
        "place": RANDOM.integers(0, 9, (40, 3)),
    }
    y = {"far": x["speed"][:, :2], "kind": x["place"][:, 0] % 3}
    loss = {"far": "mse", "kind": OF_LOGITS}
    model = learner(target, loss, x, y, head="shared")
    report = export(
        model,
        tmp_path,
        (x, y),
        quantizations=["float32", "int8"],
        labels={"kind": ["a", "b", "c"]},
        max_drop={"far": 0.5, "kind": 0.3},
    )
    for entry in report.files:
        inputs = {port["name"]: port for port in entry["inputs"]}
        assert inputs["place"]["dtype"] == "int32" and inputs["place"]["shape"] == [
            1,
            3,
        ]
        assert [port["name"] for port in entry["outputs"]] == ["far", "kind"]
        checks = {check["output"]: check for check in entry["gate"]["outputs"]}
        assert checks["kind"]["metric"] == "accuracy" and checks["kind"]["agreement"]
        assert checks["far"]["metric"] == "r2_score"
        assert {label["output"] for label in entry["labels"]} == {"kind"}
        found = run_tflite(content(tmp_path, entry["file"]), x)
        said = model.predict(x, task=0, verbose=0)
        for name in ("far", "kind"):
            np.testing.assert_allclose(found[name], said[name], atol=0.2)
    signatures = make_interpreter(content(tmp_path)).get_signature_list()
    assert signatures["serve"]["outputs"] == ["far", "kind"]
    with pytest.raises(ValueError, match=r"`metric` by names of outputs.*'mae'"):
        export(model, tmp_path, (x, y), overwrite=True, metric="mae")
    with pytest.raises(ValueError, match=r"inputs for .*Received: .*'place'"):
        export(model, tmp_path, ({"place": x["place"]}, y), overwrite=True)


def test_tokens_stay_whole_numbers_and_one_logit_says_yes_or_no(tmp_path):
    tokens = keras.Input((8,), dtype="int32", name="tokens")
    mean = layers.GlobalAveragePooling1D()(layers.Embedding(20, 4)(tokens))
    target = keras.Model(
        tokens, layers.Dense(1, name="spam")(layers.Dense(8, "relu")(mean))
    )
    x = RANDOM.integers(0, 20, (48, 8))
    y = (x[:, 0] > 9).astype("int32")
    model = learner(target, losses.BinaryCrossentropy(from_logits=True), x, y)
    report = export(
        model,
        tmp_path,
        (x, y),
        labels=["fine", "spam"],
        quantizations=["float32", "dynamic_int8"],
        max_drop=0.2,
    )
    for entry in report.files:
        assert entry["input"] == {"name": "tokens", "shape": [1, 8], "dtype": "int32"}
        (check,) = entry["verification"]["outputs"]
        said = np.asarray(model.predict(x, task=0, verbose=0))
        assert check["metric"] == "binary_accuracy"
        assert check["keras"] == pytest.approx(np.mean((said[:, 0] > 0) == y))
        assert read_labels(content(tmp_path, entry["file"])) == ["spam"]
    with pytest.raises(ValueError, match="whole numbers that fit int32"):
        export(model, tmp_path, (x + 0.5, y), overwrite=True)


def test_regression_falls_back_to_a_safer_way(tmp_path):
    model = learner(mlp(1), "mse", X, 3 * X[:, 0] + X[:, 1])
    # Of these, which Keras gets right, every rounding takes something away.
    y = np.asarray(model.predict(X, task=0, verbose=0))[:, 0]
    with pytest.warns(UserWarning, match="int4 is not good enough .r2_score"):
        report = export(model, tmp_path, (X, y), quantizations="int4", max_drop=1e-5)
    (rejected,) = report.rejected
    assert rejected.quantization == "int4" and report.passed
    assert report.written == (f"task_00.{rejected.replaced_by}.tflite",)
    (entry,) = report.files
    assert entry["labels"] == [] and entry["stands_for"] == ["int4"]
    (check,) = entry["gate"]["outputs"]
    assert check["metric"] == "r2_score" and check["agreement"] is None
    assert check["keras"] == pytest.approx(1, abs=1e-5) and check["tflite"] < 1
    saved = json.loads((tmp_path / "report.json").read_text())
    assert saved["rejected"][0]["quantization"] == "int4"
    with pytest.raises(ValueError, match="Expected targets that differ"):
        export(model, tmp_path, (X, 0 * y), overwrite=True)


def test_several_labels_at_a_time(tmp_path):
    y = (X[:, :3] > 0).astype("float32")
    model = learner(mlp(3, "sigmoid"), "binary_crossentropy", X, y)
    report = export(model, tmp_path, (X, y), labels=["dog", "cat", "rain"])
    (check,) = report.files[0]["gate"]["outputs"]
    said = np.asarray(model.predict(X, task=0, verbose=0))
    assert check["metric"] == "binary_accuracy"
    assert check["keras"] == pytest.approx(np.mean((said > 0.5) == y))
    assert read_labels(content(tmp_path)) == ["dog", "cat", "rain"]


def test_segmentation_is_judged_pixel_by_pixel(tmp_path):
    image = keras.Input((8, 8, 1), name="photo")
    fine = layers.Conv2D(4, 3, padding="same", activation="relu")(image)
    coarse = layers.Conv2D(4, 3, padding="same", activation="relu")(
        layers.MaxPooling2D()(fine)
    )
    both = layers.Concatenate()([layers.UpSampling2D()(coarse), fine])
    target = keras.Model(image, layers.Conv2D(2, 1, name="mask")(both))
    x = RANDOM.normal(size=(32, 8, 8, 1)).astype("float32")
    y = (x > 0).astype("int32")
    model = learner(target, OF_LOGITS, x, y)
    report = export(model, tmp_path, (x, y), labels=["ground", "road"])
    said = np.asarray(model.predict(x, task=0, verbose=0)).argmax(-1)
    assert report.files[0]["gate"]["tflite_accuracy"] == pytest.approx(
        np.mean(said == y[..., 0]), abs=0.01
    )
    assert report.files[0]["output"]["shape"] == [1, 8, 8, 2]


def test_sequences_of_any_length_get_that_of_the_data(tmp_path):
    target = keras.Sequential(
        [
            keras.Input((None, 2), name="steps"),
            layers.GRU(4, return_sequences=True),
            layers.Dense(8, "relu"),
            layers.Dense(1, name="level"),
        ]
    )
    x = RANDOM.normal(size=(16, 5, 2)).astype("float32")
    y = np.cumsum(x[..., :1], axis=1)
    model = learner(target, "mae", x, y)
    with pytest.warns(UserWarning, match="int8 is not good enough"):
        report = export(
            model,
            tmp_path,
            (x, y),
            quantizations=["float32", "mixed", "int8"],
            max_drop=0.1,
        )
    for entry in report.files:
        assert entry["input"]["shape"] == [1, 5, 2]
        assert entry["output"]["shape"] == [1, 5, 1]
        assert entry["activation_bytes"] > 0
    found = run_tflite(content(tmp_path), x)
    said = np.asarray(model.predict(x, task=0, verbose=0))
    np.testing.assert_allclose(found, said, atol=1e-5)


class Doubled(layers.Layer):
    def call(self, x):
        return 2 * x


class Net(keras.Model):
    """A model without a graph, which takes a dictionary."""

    def __init__(self, **arguments):
        super().__init__(**arguments)
        self.hidden, self.last = layers.Dense(8, "relu"), layers.Dense(2)

    def call(self, x):
        return {"left": self.last(self.hidden(x["pulse"]))}


@pytest.mark.parametrize("kind", ["layer", "model"])
def test_classes_of_ones_own_need_not_be_known_where_it_converts(tmp_path, kind):
    if kind == "layer":
        said = keras.Input((6,), name="pulse")
        hidden = Doubled()(layers.Dense(8, lambda v: keras.ops.relu(v) * 2)(said))
        model = learner(
            keras.Model(said, layers.Dense(2, name="left")(hidden)), OF_LOGITS, X, Y
        )
        x, y = X, Y
    else:
        x, y = {"pulse": X}, {"left": Y}
        net = Net()
        net(x)
        model = learner(
            net, {"left": OF_LOGITS}, x, y, "shared", masks=hm.WeightMasks()
        )
    report = export(model, tmp_path, (x, y))
    assert report.files[0]["input"]["name"] == "pulse"
    assert report.files[0]["output"]["name"] == "left"
    said = model.predict(x, task=0, verbose=0)
    said = said["left"] if isinstance(said, dict) else said
    np.testing.assert_allclose(run_tflite(content(tmp_path), X), said, atol=1e-4)


def test_data_sets_are_read_to_the_end(two_classes, tmp_path):
    import tensorflow as tf

    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(10)
    report = export(two_classes, tmp_path, data, max_drop=1)
    assert report.files[0]["gate"]["examples"] == len(X)
