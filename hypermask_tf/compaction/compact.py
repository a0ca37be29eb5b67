"""A model without what is dead in it."""

import keras

from hypermask_tf.compaction.plan import Plan
from hypermask_tf.surgery.compare import REORDERED, check_same, tolerance_for
from hypermask_tf.surgery.network import Network


def compact(model: keras.Model) -> keras.Model:
    """A smaller model that computes the same at inference.

    Everything is read off the weights: a unit or channel whose readers' weights are
    all zero goes, and so does one that is constant, after its value was added to
    the biases of its readers; then whatever only served these, to the end. It
    takes no masks, so it also finds what single zero weights leave dead.

    Stays: the model's inputs and outputs; one channel where nothing is left;
    channels that are added to, or otherwise tied to, living ones; a constant
    channel other than zero in front of a zero-padded convolution, where it is not
    constant near the border. A layer without a bias gets one where a constant must
    be added.

    Stay as well, with all channels that enter or leave: layers that mix channels
    (layer normalisation, group normalisation with several channels per group,
    softmax, attention) and those that nothing is known of: recurrent layers,
    `Masking`, wrappers such as `TimeDistributed`, `Lambda`, layers of your own
    without a rule (see `hypermask_tf.units.register_rule`), activations of your
    own, nested models called with `training=True`. So do operations that take
    channels by a step or by number, split them with `array_split`, or bring them to
    another axis; logarithms, reciprocal roots and divisions by a tensor; and
    operations on a constant array as wide as the channels.

    Args:
        model: A built Functional or Sequential model, nested models and shared
            layers included. It is left as it is. Layers with data format
            `"channels_first"` are left whole.

    Returns:
        A new model with the same inputs, outputs, names and dtype policies. Its
        outputs equal the model's to rounding. In training mode batch
        normalisation and dropout may differ from the model's.

    Raises:
        ValueError: If the model has no graph, a subclassed model for instance, a layer
            cannot be made from its configuration, or what was made computes something
            else.

    Example:

    >>> import numpy as np
    >>> x = keras.Input((8,))
    >>> hidden = keras.layers.Dense(16, "relu")
    >>> model = keras.Model(x, keras.layers.Dense(2)(hidden(x)))
    >>> on = np.arange(16) < 4
    >>> hidden.set_weights([w * on for w in hidden.get_weights()])
    >>> compact(model).count_params() == 8 * 4 + 4 + 4 * 2 + 2
    True
    """
    plan = Plan(model)
    smaller = plan.apply()
    # What was folded or zeroed can leave more behind.
    while plan.removed and (plan := Plan(smaller)).removed:
        smaller = plan.apply()
    check_same(
        Network(model),
        Network(smaller),
        "`compact`",
        tolerance_for(model, smaller, least=REORDERED),
    )
    return smaller
