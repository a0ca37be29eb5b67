"""What cannot be widened, and says so."""

import keras
import pytest
from keras import layers, ops

import hypermask_tf as hm
from tests.hypermask import builders


@pytest.mark.parametrize(
    ("options", "widths", "message"),
    [
        (
            {"granularity": "weight"},
            {"one": 15, "two": 15},
            "needs `masks=UnitMasks",
        ),
        ({"granularity": "unit"}, {"one": 5}, "has fewer of them"),
        ({"granularity": "unit"}, {"five": 50}, "five"),
        (
            {
                "granularity": "unit",
                "hypernetwork": hm.ChunkedHypernetwork(4, (4,), chunk_size=8),
            },
            {"one": 15, "two": 15},
            "a row per score",
        ),
    ],
)
def test_mistakes(options, widths, message):
    model = builders.learner(builders.named_mlp(), **options)
    with pytest.raises(ValueError, match=message):
        model.grow(widths)


def _attention(x):
    """Scales all channels by what their mean says, as CBAM does."""
    scale = layers.Dense(1, "sigmoid")(ops.mean(x, axis=-1, keepdims=True))
    return layers.Multiply()([x, scale])


@pytest.mark.parametrize(
    "reader",
    [
        layers.LayerNormalization(),
        layers.Softmax(),
        layers.RMSNormalization(),
        _attention,
        lambda x: ops.sum(x, axis=-1, keepdims=True),
        layers.Lambda(ops.sort),
    ],
    ids=["layer norm", "softmax", "rms norm", "attention", "sum", "no rule"],
)
def test_new_units_that_count_though_they_are_off_are_refused(reader):
    inputs = keras.Input((8,))
    x = reader(layers.Dense(12, "sigmoid", name="one")(inputs))
    target = keras.Model(inputs, layers.Dense(3, name="logits")(x))
    model = builders.learner(target, granularity="unit", sparsity=50)
    with pytest.raises(ValueError, match="Old tasks would change"):
        model.grow({"one": 16})


@pytest.mark.parametrize(
    ("layer", "message"), [("one", "Old tasks would change"), ("two", "no mask touch")]
)
def test_a_variable_without_a_mask_does_not_grow(layer, message):
    target = builders.named_mlp()
    model = builders.learner(
        target,
        granularity="unit",
        sparsity=50,
        maskable=lambda v: not v.path.startswith("two"),
    )
    with pytest.raises(ValueError, match=message):
        model.grow({layer: 16})


def test_a_grouped_convolution_is_refused():
    inputs = keras.Input((6, 6, 2))
    x = layers.Conv2D(8, 3, name="one")(inputs)
    x = layers.Conv2D(8, 3, groups=2, name="two")(x)
    x = layers.GlobalAveragePooling2D()(x)
    target = keras.Model(inputs, layers.Dense(3, name="logits")(x))
    model = builders.learner(target, granularity="unit", sparsity=50)
    with pytest.raises(ValueError, match="grouped convolution"):
        model.grow({"one": 16, "two": 16})
