"""Stage: remove from a baked network what its mask switches off."""

from typing import Any


def compact_network(model: Any) -> Any:
    """Returns a smaller Keras model that computes the same, or the model itself.

    A subclassed model has no graph to remove anything from, and is kept whole.
    """
    from hypermask_tf.compaction import compact
    from hypermask_tf.units.keras_graph import is_graph

    return compact(model) if is_graph(model) else model
