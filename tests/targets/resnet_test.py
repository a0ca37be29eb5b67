"""The residual network against its definition, written out with plain operations."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import hypermask_tf as hm
from hypermask_tf.targets import resnet
from tests.learners import hyper_mask
from tests.targets.builds import shake


def _size(variables):
    return sum(int(np.prod(v.shape)) for v in variables)


def _norm(variable):
    return variable.name in ("gamma", "beta")


def test_the_paper_s_sizes():
    model = resnet((32, 32, 3), classes=10, blocks=3, widening=2)
    assert _size(model.trainable_variables) == 1_070_250
    assert len(model.trainable_variables) == 78
    norms = [v for v in model.trainable_variables if _norm(v)]
    assert (len(norms), _size(norms)) == (38, 2720)
    # Moving statistics, which the authors' network does not have, come on top.
    assert _size(model.non_trainable_variables) == 2720
    # Without batch norm the rest stays as it is, biases included.
    plain = resnet((32, 32, 3), classes=10, blocks=3, widening=2, norm="none")
    assert plain.count_params() == 1_070_250 - 2720
    assert len(plain.weights) == 40


@pytest.mark.parametrize(("blocks", "layers_with_kernels"), [(1, 8), (3, 20), (5, 32)])
def test_depth(blocks, layers_with_kernels):
    model = resnet((8, 8, 1), blocks=blocks, filters=(1, 1, 1, 1))
    kernels = [v for v in model.trainable_variables if v.name == "kernel"]
    assert len(kernels) == layers_with_kernels


def _by_hand(model, x, blocks, widths, batch_norm):
    """The logits, from the model's variables alone, in the order of creation."""
    values = {v.path: v.value for v in model.variables}

    def convolution(x, stride, name):
        x = ops.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]])
        x = ops.conv(x, values[f"{name}/kernel"], stride, "valid")
        x = x + values[f"{name}/bias"]
        if batch_norm:
            state = {k: values[f"{name}_norm/{k}"] for k in ("gamma", "beta")}
            mean = values[f"{name}_norm/moving_mean"]
            variance = values[f"{name}_norm/moving_variance"]
            x = (x - mean) / ops.sqrt(variance + 1e-5)
            x = x * state["gamma"] + state["beta"]
        return x

    x = ops.relu(convolution(x, 1, "stem"))
    for group, width in enumerate(widths):
        for block in range(blocks):
            stride = 2 if group and not block else 1
            name = f"group_{group}_block_{block}"
            short = ops.convert_to_numpy(x)[:, ::stride, ::stride]
            new = width - short.shape[-1]
            zeros = np.zeros(short.shape[:-1])
            short = np.concatenate(
                [
                    *[zeros[..., None]] * (new // 2),
                    short,
                    *[zeros[..., None]] * (new - new // 2),
                ],
                axis=-1,
            )
            x = ops.relu(convolution(x, stride, f"{name}_first"))
            x = ops.relu(convolution(x, 1, f"{name}_second") + short)
    x = ops.mean(x, axis=(1, 2))
    return ops.matmul(x, values["logits/kernel"]) + values["logits/bias"]


@pytest.mark.backend
@pytest.mark.parametrize(
    ("shape", "blocks", "widening", "filters", "batch_norm"),
    [
        ((8, 8, 3), 1, 1, (2, 2, 4, 7), True),
        ((9, 6, 2), 2, 2, (3, 2, 5), True),  # odd sizes, odd numbers of maps
        ((7, 7, 1), 1, 3, (2, 2, 2, 3), False),
    ],
)
def test_it_computes_its_definition(shape, blocks, widening, filters, batch_norm):
    model = shake(
        resnet(
            shape,
            3,
            blocks=blocks,
            widening=widening,
            norm="batch" if batch_norm else "none",
            filters=filters,
        )
    )
    x = np.random.default_rng(0).normal(size=(4, *shape)).astype("float32")
    widths = [width * widening for width in filters[1:]]
    expected = _by_hand(model, x, blocks, widths, batch_norm)
    np.testing.assert_allclose(
        ops.convert_to_numpy(model(x)),
        ops.convert_to_numpy(expected),
        rtol=1e-4,
        atol=1e-5 * float(ops.max(ops.abs(expected))),
    )


@pytest.mark.backend
@pytest.mark.parametrize("widening", [1, 2])
def test_unit_masks_reach_every_map(widening):
    """Shortcuts tie blocks together, but nothing in them keeps a map from going."""
    target = shake(resnet((8, 8, 3), 3, blocks=2, widening=widening, filters=(4, 4, 8)))
    model = hyper_mask(target, 2, hm.MLPHypernetwork(4, (4,), seed=1), sparsity=75)
    model.begin_task(0)
    for variable in model.bake(0).trainable_variables:
        zeros = np.mean(ops.convert_to_numpy(variable.value) == 0)
        if variable.name in ("bias", "gamma", "beta"):
            assert zeros == (0 if "logits" in variable.path else 0.75), variable.path


@pytest.mark.backend
def test_it_trains_and_keeps_moving_statistics():
    model = resnet((8, 8, 2), 2, blocks=1, filters=(4, 4, 6))
    model.compile(
        keras.optimizers.Adam(0.02),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=keras.backend.backend() == "jax",
    )
    before = [ops.convert_to_numpy(v).copy() for v in model.non_trainable_variables]
    generator = np.random.default_rng(0)
    y = np.arange(64) % 2
    x = generator.normal(size=(64, 8, 8, 2)) + y[:, None, None, None]
    losses = model.fit(x, y, epochs=8, verbose=0).history["loss"]
    assert losses[-1] < 0.5 * losses[0]
    for old, new in zip(before, model.non_trainable_variables, strict=True):
        assert not np.allclose(old, ops.convert_to_numpy(new))
    assert all(
        layer.momentum == 0.9
        for layer in model.layers
        if isinstance(layer, layers.BatchNormalization)
    )


def test_transductive_norm_uses_the_batch_at_hand_in_evaluation():
    options = {"input_shape": (8, 8, 2), "blocks": 1, "filters": (4, 4, 6)}
    plain, model = resnet(**options), resnet(**options, norm="transductive")
    model.set_weights(plain.get_weights())
    x = np.random.default_rng(0).normal(size=(6, 8, 8, 2)).astype("float32")
    expected = ops.convert_to_numpy(plain(x, training=True))
    result = ops.convert_to_numpy(model(x, training=False))
    np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-6)
    alone = ops.convert_to_numpy(model(x[:1], training=False))
    assert np.abs(alone - expected[:1]).max() > 1e-3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"input_shape": (64,)}, r"input_shape=\(64,\)"),
        ({"blocks": 0}, "blocks=0"),
        ({"widening": 0}, "widening=0"),
        ({"classes": 0}, "classes=0"),
        ({"filters": (16,)}, r"filters=\(16,\)"),
        ({"filters": (0, 4, 8)}, r"filters=\(0, 4, 8\)"),
        ({"filters": (16, 8, 4)}, r"filters=\(16, 8, 4\)"),
        ({"initializer": "he"}, "initializer='he'"),
        ({"norm": "layer"}, "norm='layer'"),
    ],
)
def test_mistakes_are_named(arguments, message):
    with pytest.raises(ValueError, match=f"Received: .*{message}"):
        resnet(**{"input_shape": (8, 8, 3), **arguments})
