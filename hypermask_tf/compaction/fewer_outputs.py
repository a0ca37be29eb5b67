"""A model whose last layer has fewer outputs."""

from typing import Any

import keras

from hypermask_tf.compaction.rebuild import rebuild
from hypermask_tf.surgery.compare import REORDERED, check_same, tolerance_for
from hypermask_tf.surgery.network import Network
from hypermask_tf.surgery.state import array_copy
from hypermask_tf.units.flat_graph import FlatGraph


def fewer_outputs(model: keras.Model, variable: Any, count: int) -> keras.Model:
    """A model with the first channels of its output only.

    Args:
        model: A Functional or Sequential model whose other outputs have no part in
            these. It is left as it is.
        variable: One of its last layer.
        count: How many outputs stay.

    Raises:
        ValueError: If the model has no graph, what follows the last layer cannot
            follow its width, or the first outputs would change.
    """
    paths = (
        step.path
        for step in FlatGraph(model).steps
        if any(own is variable for own in getattr(step.operation, "variables", ()))
    )
    smaller = rebuild(model, {next(paths): count})
    for new, old in zip(smaller.weights, model.weights, strict=True):
        values = array_copy(old)
        new.assign(values[tuple(slice(size) for size in new.shape)])
    check_same(
        Network(model, num_outputs=count),
        Network(smaller),
        "A head of fewer outputs",
        tolerance_for(model, smaller, least=REORDERED),
    )
    return smaller
