import importlib.util
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from hypermask_tf.scenarios import RandomCropWithPadding


def numbered(batch=64, height=6, width=5, channels=2):
    shape = (batch, height, width, channels)
    return 1 + np.arange(np.prod(shape), dtype="float32").reshape(shape)


def crops(image, padding, value):
    """All windows of one image, by NumPy."""
    border = ((padding, padding), (padding, padding), (0, 0))
    padded = np.pad(image, border, constant_values=value)
    height, width, _ = image.shape
    span = range(2 * padding + 1)
    return {
        padded[i : i + height, j : j + width].tobytes(): (i, j)
        for i in span
        for j in span
    }


def run(layer, x):
    return keras.ops.convert_to_numpy(layer(x, training=True))


def test_every_result_is_a_window_of_its_own_image():
    x = numbered()
    y = run(RandomCropWithPadding(2, value=-0.5, seed=1), x)
    offsets = [
        crops(image, 2, -0.5)[result.tobytes()]
        for image, result in zip(x, y, strict=True)
    ]
    assert len(set(offsets)) > 15  # of 25: samples have offsets of their own


def test_padding_may_have_a_value_per_channel():
    x = numbered()
    layer = RandomCropWithPadding(2, value=[-0.5, -0.25], seed=1)
    layer = RandomCropWithPadding.from_config(layer.get_config())
    y = run(layer, x)
    outside = y < 0
    assert outside.any() and (outside[..., 0] == outside[..., 1]).all()
    np.testing.assert_array_equal(y[outside[..., 0]][0], [-0.5, -0.25])


def test_all_offsets_occur():
    x = numbered(batch=400)
    y = run(RandomCropWithPadding(1, seed=3), x)
    offsets = [crops(a, 1, 0)[b.tobytes()] for a, b in zip(x, y, strict=True)]
    counts = np.unique(offsets, axis=0, return_counts=True)[1]
    assert len(counts) == 9
    assert counts.min() > 20


@pytest.mark.parametrize("training", [False, None])
def test_inference_is_the_identity(training):
    x = numbered()
    result = RandomCropWithPadding(2, seed=1)(x, training=training)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(result), x)


def test_no_padding_is_the_identity():
    np.testing.assert_array_equal(run(RandomCropWithPadding(0), numbered()), numbered())


def test_calls_differ_and_seeds_repeat():
    x = numbered()
    layer, twin = RandomCropWithPadding(2, seed=5), RandomCropWithPadding(2, seed=5)
    first, second = run(layer, x), run(layer, x)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(run(twin, x), first)
    np.testing.assert_array_equal(run(twin, x), second)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_runs_inside_a_compiled_step(jit_compile):
    inputs = keras.Input((6, 5, 2))
    x = RandomCropWithPadding(2, seed=1)(inputs)
    model = keras.Model(inputs, keras.layers.Dense(3)(keras.layers.Flatten()(x)))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, jit_compile=jit_compile)
    history = model.fit(numbered(40), np.arange(40) % 3, batch_size=16, verbose=0)
    assert np.isfinite(history.history["loss"][0])
    assert model.output_shape == (None, 3)


def test_saves_and_loads(tmp_path):
    value = (0 - 0.1307) / 0.3081
    model = keras.Sequential(
        [keras.Input((6, 5, 2)), RandomCropWithPadding(2, value=value, seed=1)]
    )
    model.save(tmp_path / "model.keras")
    layer = keras.saving.load_model(tmp_path / "model.keras").layers[0]
    assert (layer.padding, layer.value, layer.seed) == (2, value, 1)


def test_half_precision_stays_half():
    layer = RandomCropWithPadding(2, value=0.5, seed=1, dtype="mixed_float16")
    assert keras.backend.standardize_dtype(layer(numbered(2), training=True).dtype) == (
        "float16"
    )


@pytest.mark.skipif(
    importlib.util.find_spec("jax") is None, reason="Keras's NumPy backend needs JAX"
)
def test_needs_no_tensorflow():
    code = (
        "import numpy as np; from hypermask_tf.scenarios.random_crop import "
        "RandomCropWithPadding as Crop; "
        "y = Crop(2, seed=1)(np.ones((3, 6, 5, 2), 'float32'), training=True); "
        "print(y.shape, set(np.unique(y)) <= {0.0, 1.0})"
    )
    environment = {**os.environ, "KERAS_BACKEND": "numpy"}
    output = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    assert output.stdout.strip() == "(3, 6, 5, 2) True"


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="padding=-1"):
        RandomCropWithPadding(-1)
    with pytest.raises(ValueError, match=r"input_shape=\(5, 6\)"):
        RandomCropWithPadding(1)(np.ones((5, 6), "float32"))
