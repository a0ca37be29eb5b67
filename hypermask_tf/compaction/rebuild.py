"""A fresh model of the same graph with other widths."""

from collections.abc import Mapping

import keras

from hypermask_tf.compaction.widths import Widths
from hypermask_tf.surgery.builder import Builder
from hypermask_tf.surgery.clone import without_class
from hypermask_tf.surgery.state import copy_derived_state
from hypermask_tf.units.flat_graph import FlatGraph


def rebuild(model: keras.Model, widths: Mapping[str, int]) -> keras.Model:
    """A freshly initialised model in which some layers are wider or narrower.

    Everything else follows: normalisation, depthwise convolutions, the last axis of
    reshapes, and the channels that `keras.ops.pad` adds, in the old proportion
    of front and back, to fit what the result is added to. Nested models stay nested
    and shared layers shared. Names stay, and so does the order of `weights`.

    Args:
        model: A built Functional or Sequential model. It is left as it is.
        widths: `units` of dense layers, `filters` of convolutions and `output_dim`
            of embeddings by name; a layer in nested models by path,
            `"encoder/hidden"`.

    Raises:
        ValueError: If the model has no graph, a path or width does not fit, or an
            explicit shape (a reshape, a slice of channels, groups, a constant)
            cannot follow.

    Example:

    >>> x = keras.Input((8,))
    >>> y = keras.layers.Dense(2)(keras.layers.Dense(16, name="hidden")(x))
    >>> rebuild(keras.Model(x, y), {"hidden": 20}).count_params()
    222
    """
    builder = Builder(Widths(FlatGraph(model), widths).changes())
    result = builder.build(without_class(model))
    copy_derived_state(builder.made.values())
    return result
