"""The graph inside a Keras model: Keras has no public view of its nodes."""

from typing import Any

from hypermask_tf.keras_private import functional_graph, has_graph


def is_graph(model: Any) -> bool:
    """Whether `model` computes what its graph says, and nothing else.

    A subclass of a Functional model has a graph too, but its own `call` may do
    something else.
    """
    return has_graph(model) and not _has_own_call(model)


def graph_of(model: Any) -> Any:
    """The Functional graph of a model.

    Raises:
        ValueError: If it has none, or does not follow it.
    """
    if not is_graph(model):
        raise ValueError(
            "Expected a built Functional or Sequential model, whose graph can be "
            "read, with the `call` that Keras gave it. Build it with "
            "keras.Model(inputs, outputs), or give the Sequential model a "
            "keras.Input; `WeightMasks` take any model. "
            f"Received: {type(model).__name__} named {getattr(model, 'name', model)!r}"
            + (", which defines its own `call`" if _has_own_call(model) else "")
        )
    return functional_graph(model)


def _has_own_call(model: Any) -> bool:
    owner = next((kind for kind in type(model).__mro__ if "call" in vars(kind)), None)
    return owner is None or not owner.__module__.startswith("keras.")
