"""AutoAugment's operations against the Python Imaging Library, and its policy."""

import keras
import numpy as np
import pytest
from keras import ops

from hypermask_tf.scenarios import AutoAugment
from hypermask_tf.scenarios.auto_augment import apply_operations
from hypermask_tf.scenarios.auto_augment_policies import (
    CIFAR10,
    POLICIES,
    RANGES,
    SIGNED,
    level,
)

pytestmark = pytest.mark.backend
NAMES = list(RANGES)
SCALE, OFFSET = [1 / 51, 1 / 102, 1 / 60], [-2.0, -1.0, 0.5]


def _images(batch=8, side=32, channels=3):
    """Smooth patterns and noise, dark ones and bright ones, one of a single colour."""
    generator = np.random.default_rng(0)
    shape = (batch, side, side, channels)
    ramp = np.linspace(0, 180, side)[None, :, None, None] + np.zeros(shape)
    noise = generator.normal(0, 1, shape) * generator.uniform(2, 60, (batch, 1, 1, 1))
    images = ramp + noise + generator.uniform(-80, 60, (batch, 1, 1, channels))
    images[-1] = 77
    return images.clip(0, 255).round().astype("uint8")


def _apply(images, name, value):
    count = len(images)
    result = apply_operations(
        ops.convert_to_tensor(images.astype("float32")),
        ops.full((count,), NAMES.index(name), dtype="int32"),
        ops.full((count,), value, dtype="float32"),
    )
    return ops.convert_to_numpy(result)


def _reference(image, name, value):
    """The operation as the Python Imaging Library does it."""
    pytest.importorskip("PIL", reason="Pillow is what to compare with")
    from PIL import Image, ImageEnhance, ImageOps

    picture, grey = Image.fromarray(image), (128, 128, 128)
    width, height = picture.size
    affine = {
        "shear_x": (1, value, 0, 0, 1, 0),
        "shear_y": (1, 0, 0, value, 1, 0),
        "translate_x": (1, 0, value * width, 0, 1, 0),
        "translate_y": (1, 0, 0, 0, 1, value * height),
    }
    enhancers = {
        "color": ImageEnhance.Color,
        "contrast": ImageEnhance.Contrast,
        "brightness": ImageEnhance.Brightness,
        "sharpness": ImageEnhance.Sharpness,
    }
    if name in affine:
        cubic = name.startswith("shear")
        kind = Image.Resampling.BICUBIC if cubic else Image.Resampling.NEAREST
        picture = picture.transform(
            picture.size, Image.Transform.AFFINE, affine[name], kind, fillcolor=grey
        )
    elif name == "rotate":
        picture = picture.rotate(value, fillcolor=grey)
    elif name in enhancers:
        picture = enhancers[name](picture).enhance(1 + value)
    elif name == "posterize":
        picture = ImageOps.posterize(picture, int(value))
    elif name == "solarize":
        picture = ImageOps.solarize(picture, value)
    else:
        plain = {"auto_contrast": "autocontrast"}.get(name, name)
        picture = getattr(ImageOps, plain)(picture)
    return np.asarray(picture)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("magnitude", [3, 9])
def test_an_operation_is_that_of_the_imaging_library(name, magnitude):
    images = _images(4)
    for sign in (1, -1) if name in SIGNED else (1,):
        value = sign * level(name, magnitude)
        result = _apply(images, name, value)
        expected = np.stack([_reference(image, name, value) for image in images])
        apart = np.abs(result - expected.astype("float32"))
        # Single numbers fall to the other side of a rounding; single pixels of a
        # turned image to the other side of a border between two.
        assert np.mean(apart > 1) <= (0.004 if name == "rotate" else 0)
        assert np.mean(apart > 0) <= 0.01


@pytest.mark.parametrize("name", NAMES)
def test_results_are_bytes(name):
    result = _apply(_images(4, 9), name, level(name, 9))
    assert result.min() >= 0 and result.max() <= 255
    np.testing.assert_array_equal(result, result.round())


@pytest.mark.parametrize("name", sorted(SIGNED | {"posterize", "solarize"}))
def test_magnitude_0_changes_nothing(name):
    images = _images()
    np.testing.assert_array_equal(_apply(images, name, level(name, 0)), images)


def test_inverting_twice_changes_nothing():
    images = _images()
    once = _apply(images, "invert", 0.0)
    assert not np.array_equal(once, images)
    np.testing.assert_array_equal(_apply(once, "invert", 0.0), images)


def test_each_image_undergoes_its_own_operation():
    """All of them side by side in one batch are each of them alone."""
    image = _images(2)[:1]
    images = np.repeat(image, len(NAMES) + 1, axis=0).astype("float32")
    values = np.array([*(level(name, 7) for name in NAMES), 0.5], "float32")
    result = ops.convert_to_numpy(
        apply_operations(images, ops.arange(len(images), dtype="int32"), values)
    )
    for place, name in enumerate(NAMES):
        alone = _apply(image, name, values[place])
        np.testing.assert_array_equal(result[place : place + 1], alone)
    np.testing.assert_array_equal(result[-1:], image)


def test_the_policy_is_the_published_one():
    """Counted in the paper's table: pairs, and how often each operation stands."""
    assert POLICIES["autoaugment_cifar10"] is CIFAR10 and len(CIFAR10) == 25
    steps = [step for pair in CIFAR10 for step in pair]
    counts = {name: sum(step.operation == name for step in steps) for name in NAMES}
    assert counts == {
        "shear_x": 0,
        "shear_y": 2,
        "translate_x": 2,
        "translate_y": 5,
        "rotate": 1,
        "color": 5,
        "contrast": 2,
        "brightness": 4,
        "sharpness": 5,
        "posterize": 1,
        "solarize": 4,
        "auto_contrast": 7,
        "equalize": 9,
        "invert": 3,
    }
    assert all(0 <= step.probability <= 1 for step in steps)
    assert all(0 <= step.magnitude <= 9 for step in steps)


def test_levels_divide_their_ranges():
    assert [level("posterize", m) for m in range(10)] == [8, 8, 7, 7, 6, 6, 5, 5, 4, 4]
    assert level("solarize", 9) == 0 and level("solarize", 0) == 256
    np.testing.assert_allclose(level("translate_x", 9) * 331, 150)


def _run(layer, x, training=True):
    return ops.convert_to_numpy(layer(x, training=training))


def _inputs(count, side=12):
    raw = np.repeat(_images(2, side)[:1], count, axis=0)
    return raw, (raw * np.array(SCALE) + OFFSET).astype("float32")


class Keep(keras.Model):
    """Writes down what a layer made of a batch within the training step."""

    def __init__(self, layer, shape):
        super().__init__()
        self.layer, self.dense = layer, keras.layers.Dense(2)
        self.seen = self.add_weight(shape, "zeros", trainable=False)
        self.dense.build((None, shape[-1]))

    def call(self, inputs, training=False):
        images = self.layer(inputs, training=training)
        self.seen.assign(images)
        return self.dense(ops.mean(images, axis=(1, 2)))


def _in_a_step(layer, x, jit_compile):
    model = Keep(layer, x.shape)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss, jit_compile=jit_compile)
    y = np.arange(len(x)) % 2
    model.fit(x, y, batch_size=len(x), shuffle=False, verbose=0)
    return ops.convert_to_numpy(model.seen.value)


@pytest.fixture(scope="module")
def outcomes():
    """What the policy can make of the image, and how probable each result is."""
    images, chances = [], []
    for first, second in CIFAR10:
        made, chance = _step(_inputs(1)[0], np.ones(1) / len(CIFAR10), first)
        made, chance = _step(made, chance, second)
        images.append(made)
        chances.append(chance)
    known, owner = np.unique(np.concatenate(images), axis=0, return_inverse=True)
    return known, np.bincount(owner.ravel(), np.concatenate(chances))


def _step(images, chances, step):
    """Images and probabilities after a step that may act, to either side."""
    signs = (1, -1) if step.operation in SIGNED else (1,)
    value = level(step.operation, step.magnitude)
    acts = step.probability / len(signs)
    changed = [_apply(images, step.operation, sign * value) for sign in signs]
    return (
        np.concatenate([images, *changed]),
        np.concatenate(
            [chances * (1 - step.probability), *[chances * acts] * len(signs)]
        ),
    )


@pytest.mark.parametrize("jit_compile", [False, True])
def test_what_a_step_does_to_an_image_is_in_the_policy(jit_compile, outcomes):
    """Each result is among those of the policy, and as often as it says."""
    _, x = _inputs(600)
    y = _in_a_step(
        AutoAugment("autoaugment_cifar10", SCALE, OFFSET, seed=3), x, jit_compile
    )
    result = ((y - np.array(OFFSET)) / np.array(SCALE)).round().astype("float32")
    known, chances = outcomes
    expected = 600 * chances
    np.testing.assert_allclose(expected.sum(), 600)
    # A compiler may round otherwise in places; it finds the same nearest outcome.
    apart = np.abs(result[:, None] - known[None])
    nearest = apart.mean(axis=(2, 3, 4)).argmin(axis=1)
    wrong = apart[np.arange(600), nearest]
    assert np.mean(wrong > 0) < 0.01 and np.mean(wrong > 1) < 0.001
    counts = np.bincount(nearest, minlength=len(known))
    assert not counts[expected == 0].any()
    frequent = expected > 5
    # A test of goodness of fit: its mean is 1 for the right probabilities.
    misfit = (counts - expected)[frequent] ** 2 / expected[frequent]
    assert frequent.sum() >= 15 and misfit.mean() < 2


def test_seeds_repeat_calls_differ_and_inference_is_the_identity():
    _, x = _inputs(20)
    layer, twin = (AutoAugment(scale=SCALE, offset=OFFSET, seed=5) for _ in range(2))
    first, second = _run(layer, x), _run(layer, x)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(_run(twin, x), first)
    np.testing.assert_array_equal(_run(layer, x, training=False), x)


def test_one_channel_in_a_compiled_step():
    x = (_images(16, 10, 1) / 255).astype("float32")
    seen = _in_a_step(AutoAugment(scale=1 / 255, seed=1), x, True) * 255
    np.testing.assert_allclose(seen, seen.round().clip(0, 255), atol=1e-3)
    assert not np.allclose(seen, 255 * x)


def test_saves_and_loads_and_keeps_half_precision(tmp_path):
    model = keras.Sequential(
        [keras.Input((6, 5, 3)), AutoAugment(scale=SCALE, offset=OFFSET, seed=1)]
    )
    model.save(tmp_path / "model.keras")
    layer = keras.saving.load_model(tmp_path / "model.keras").layers[0]
    assert (layer.scale, layer.offset, layer.seed) == (SCALE, OFFSET, 1)
    half = AutoAugment(dtype="float16")(np.ones((2, 6, 5, 3)), training=True)
    assert keras.backend.standardize_dtype(half.dtype) == "float16"


def test_mistakes_are_named():
    with pytest.raises(ValueError, match=r"autoaugment_cifar10.*policy='imagenet'"):
        AutoAugment("imagenet")
    with pytest.raises(ValueError, match=r"input_shape=\(2, 6, 5, 4\)"):
        AutoAugment()(np.ones((2, 6, 5, 4), "float32"))
