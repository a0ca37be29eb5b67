import keras
import numpy as np
import pytest
from keras import layers, ops

from hypermask_tf.masks import Block4Layout, find_roles


@pytest.fixture
def target():
    inputs = keras.Input((6, 6, 3))
    x = layers.Conv2D(10, 3, activation="relu")(inputs)
    x = layers.Conv2D(8, 3, activation="relu")(x)
    return keras.Model(inputs, layers.Dense(3)(layers.Flatten()(x)))


def test_blocks_of_four_inputs_are_on_or_off_together(target):
    layout = Block4Layout(target, find_roles(target), 60)
    scores = np.random.default_rng(0).normal(size=layout.num_scores).astype("float32")
    masks = layout.masks(ops.convert_to_tensor(scores))
    for variable, mask in zip(target.trainable_variables, masks, strict=True):
        if mask is None or len(variable.shape) < 2 or variable.shape[-2] < 4:
            continue
        mask = ops.convert_to_numpy(mask)
        assert mask.shape == tuple(variable.shape)
        inputs = mask.shape[-2]
        for start in range(0, inputs, 4):
            block = mask[..., start : start + 4, :]
            np.testing.assert_array_equal(block, block[..., :1, :] * (block != -1))
        blocks = mask[..., ::4, :]
        assert abs(np.mean(blocks == 0) - 0.6) < 0.02


def test_there_is_a_score_per_block_and_per_weight_of_the_rest(target):
    layout = Block4Layout(target, find_roles(target), 60)
    flat = 2 * 2 * 8
    assert layout.group_sizes == (
        3 * 3 * 3 * 10,  # three inputs make no block
        10,
        3 * 3 * 3 * 8,  # ten inputs: two blocks and a short one
        8,
        flat // 4 * 3,
        3,
    )
