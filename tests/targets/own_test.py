"""Targets of keras.applications, of files and of functions."""

import keras
import numpy as np
import pytest
from keras import layers

from hypermask_tf.targets import build_own, is_own

MODULE = """
import keras
from keras import layers

def net(input_shape, classes):
    x = inputs = keras.Input(input_shape)
    return keras.Model(inputs, layers.Dense(classes)(layers.Flatten()(x)))

def picky(shape):
    return None

def nothing(input_shape, classes):
    return "a model"

def unbuilt(input_shape, classes):
    return keras.Sequential([layers.Dense(classes)])

def softmax(input_shape, classes):
    x = inputs = keras.Input(input_shape)
    return keras.Model(inputs, layers.Dense(classes, "softmax")(layers.Flatten()(x)))

number = 3
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = f"module_{abs(hash(tmp_path))}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    return name


def test_a_function_of_a_module_in_the_working_folder(here):
    model = build_own(f"{here}:net", (4, 2), 3)
    assert (model.input_shape, model.output_shape) == ((None, 4, 2), (None, 3))


def _saved(path, outputs=3, last=None):
    inputs = keras.Input((4,))
    x = layers.Dense(5, "relu", name="hidden")(inputs)
    x = layers.Dense(outputs, name="logits")(x)
    model = keras.Model(inputs, x if last is None else last(x))
    model.save(path)
    return model


def test_a_file_with_its_weights(tmp_path):
    model = _saved(tmp_path / "mine.keras")
    x = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    again = build_own(str(tmp_path / "mine.keras"), (4,), 3)
    np.testing.assert_array_equal(
        again.predict(x, verbose=0), model.predict(x, verbose=0)
    )


def test_the_head_of_a_file_is_replaced_where_classes_differ(tmp_path):
    model = _saved(tmp_path / "mine.keras")
    again = build_own(str(tmp_path / "mine.keras"), (4,), 7)
    assert again.output_shape == (None, 7)
    for one, other in zip(
        again.get_layer("hidden").get_weights(),
        model.get_layer("hidden").get_weights(),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("scale", "offset"), [(1 / 255, 0.0), ([0.01] * 3, [-1.0] * 3)]
)
def test_an_application_sees_the_pixels_it_was_made_for(scale, offset):
    """MobileNetV2 was made for -1..1, whatever the scenario's inputs are."""
    steps = {"scale": scale, "offset": offset}
    model = build_own("applications:MobileNetV2", (32, 32, 3), 2, preprocessing=steps)
    first = next(i for i in model.layers if isinstance(i, layers.Conv2D))
    seen = keras.Model(model.input, first.input)
    raw = np.array([0.0, 127.5, 255.0], "float32")[None, None, None, :]
    inputs = np.broadcast_to(raw, (1, 32, 32, 3)) * np.float32(np.max(scale))
    inputs = inputs + np.float32(np.max(offset))
    pixels = np.asarray(seen.predict(inputs, verbose=0))[0, 5, 5]
    np.testing.assert_allclose(pixels, [-1.0, 0.0, 1.0], atol=1e-4)


def test_names_tell_own_targets():
    own = ("applications:X", "a.b:c", "x.keras", "~/x.keras")
    assert all(is_own(name) for name in own)
    assert not any(is_own(name) for name in ("mlp", "lenet", "", ":x", "x:"))


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        ("applications:LeNet", (32, 32, 3), "MobileNetV3Small"),
        ("applications:MobileNetV2", (32, 32, 1), "--color_mode=rgb"),
        ("no_such_module:net", (4,), "no_such_module"),
        ("{}:lost", (4,), "no function 'lost'"),
        ("{}:number", (4,), "no function 'number'"),
        ("{}:picky", (4,), r"def picky\(input_shape, classes\)"),
        ("{}:nothing", (4,), "gives str"),
        ("{}:unbuilt", (4,), "Begin it with keras.Input"),
        ("{}:softmax", (4,), "without an activation"),
    ],
)
def test_mistakes_are_named(here, name, shape, message):
    with pytest.raises(ValueError, match=message):
        build_own(name.format(here), shape, 3)


def test_files_that_do_not_fit(tmp_path):
    path = tmp_path / "mine.keras"
    with pytest.raises(FileNotFoundError, match=r"mine\.keras"):
        build_own(str(path), (4,), 3)
    path.write_bytes(b"zip?")
    with pytest.raises(ValueError, match="Expected a model that Keras loads"):
        build_own(str(path), (4,), 3)
    _saved(path)
    with pytest.raises(ValueError, match=r"samples of shape \(5,\).*takes \(4,\)"):
        build_own(str(path), (5,), 3)
    with pytest.raises(ValueError, match="Expected weights for applications"):
        build_own(str(path), (4,), 3, weights="imagenet")
    _saved(path, last=layers.Lambda(lambda x: 2 * x))
    with pytest.raises(ValueError, match=r"package\.module:function"):
        build_own(str(path), (4,), 3)
    _saved(path, last=layers.ReLU())
    with pytest.raises(ValueError, match="ReLU at its end"):
        build_own(str(path), (4,), 7)


def _of_pixels():
    inputs = keras.Input((4, 4, 3))
    x = keras.layers.Rescaling(1 / 127.5, -1)(inputs)
    return keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Flatten()(x)))


def test_a_file_of_pixels_gets_pixels(tmp_path):
    network = _of_pixels()
    network.save(tmp_path / "mine.keras")
    pixels = np.random.default_rng(0).integers(0, 256, (5, 4, 4, 3)).astype("float32")
    scale, offset = [0.017, 0.018, 0.017], [-2.1, -2.0, -1.8]
    model = build_own(
        str(tmp_path / "mine.keras"),
        (4, 4, 3),
        2,
        preprocessing={"scale": scale, "offset": offset},
        pixels=True,
    )
    samples = (pixels * np.array(scale) + np.array(offset)).astype("float32")
    np.testing.assert_allclose(
        model.predict(samples, verbose=0), network.predict(pixels, verbose=0), atol=1e-4
    )


def test_a_file_that_looks_like_one_of_pixels_is_told(tmp_path):
    _of_pixels().save(tmp_path / "mine.keras")
    with pytest.warns(UserWarning, match="--target_pixels"):
        build_own(str(tmp_path / "mine.keras"), (4, 4, 3), 2)
    with pytest.raises(ValueError, match="pixels already"):
        build_own("applications:MobileNetV2", (32, 32, 3), 2, pixels=True)
