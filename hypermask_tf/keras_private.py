"""All that this library uses of Keras beyond its public interface, and why.

`pyproject.toml` bounds Keras for its sake; `tests/keras_private_test.py` has a test for
each, which fails when Keras changes it.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import keras
from keras.src.backend.common import global_state
from keras.src.random.seed_generator import GLOBAL_SEED_GENERATOR

# Attribute of an optimizer: a variable, a schedule or a function. The public
# `learning_rate` is its value, and setting that refuses schedules and functions.
LEARNING_RATE = "_learning_rate"
# Methods of `keras.Model` that `ReplicatedModel` overrides: penalties of a target's
# weights are those of a task's network, and a replica alone can say what a batch is.
OVERRIDDEN = ("_get_regularization_losses", "_maybe_symbolic_build")


def all_layers(model: keras.Layer) -> list[keras.Layer]:
    """Every layer of `model`, itself and those nested in layers included.

    There is no public way to list the layers inside a layer of one's own.
    """
    return list(model._flatten_layers())


def own_variables(layer: keras.Layer) -> tuple[list[Any], list[Any]]:
    """What training moves of a layer itself, and its other variables.

    The public lists hold those of the layers inside it too, and random seeds.
    """
    return list(layer._trainable_variables), list(layer._non_trainable_variables)


def functional_graph(model: keras.Model) -> Any:
    """The Functional model of a Functional or Sequential one: it alone has nodes."""
    return model._functional if isinstance(model, keras.Sequential) else model


def has_graph(model: Any) -> bool:
    """Whether a model was made of nodes; a subclassed or unbuilt one was not."""
    if isinstance(model, keras.Sequential):
        model = getattr(model, "_functional", None)
    return hasattr(model, "_nodes_by_depth")


def graph_nodes(graph: Any) -> Iterator[Any]:
    """The calls of a Functional model, in an order in which they can be made."""
    for depth in sorted(graph._nodes_by_depth, reverse=True):
        yield from graph._nodes_by_depth[depth]


def is_named_by_keras(function: Any, *kinds: str) -> bool:
    """Whether a function is Keras's own, so that a configuration may say its name.

    Args:
        function: Any function.
        *kinds: Where it may be from: `"activations"`, `"initializers"`, …
    """
    module = getattr(function, "__module__", None) or ""
    return module.startswith(tuple(f"keras.src.{kind}" for kind in kinds))


def clear_losses(model: keras.Model) -> None:
    """Forgets what `add_loss` was told, which Keras does only before a call."""
    model._clear_losses()


def place_of(optimizer: Any, variable: Any) -> int:
    """Where a variable, as `update_step` is given it, stands among an optimizer's.

    TensorFlow's own variables come there, which know nothing of Keras's.
    """
    return int(optimizer._get_variable_index(variable))


def steps_taken(optimizer: Any) -> int:
    """Steps of an optimizer; the public count is that of whole accumulations."""
    return int(keras.ops.convert_to_numpy(optimizer._iterations.value))


def metric_direction(metric: Any) -> str | None:
    """`"up"` where more of a metric is better, `"down"` where less is, else None.

    Callbacks ask Keras's metrics for it, and nothing public says it.
    """
    direction = getattr(metric, "_direction", None)
    return direction if direction in ("up", "down") else None


def decay_exclusions(optimizer: Any) -> tuple[set[Any], Any, Any]:
    """What weight decay leaves alone: keys, a pattern of names, and keys' function.

    `exclude_from_weight_decay` sets them, and nothing public says them.
    """
    keys = getattr(optimizer, "_exclude_from_weight_decay", None) or set()
    pattern = getattr(optimizer, "_exclude_from_weight_decay_pattern", None)
    return keys, pattern, optimizer._var_key


@contextlib.contextmanager
def own_seed_generator() -> Iterator[None]:
    """Within it unseeded calls of `keras.random` draw anew; after it, as before.

    Keras has no public way to put its generator back. It lies where
    `keras.utils.set_random_seed` resets it, and is made from Python's generator when it
    is first asked.
    """
    own = global_state.get_global_attribute(GLOBAL_SEED_GENERATOR)
    global_state.set_global_attribute(GLOBAL_SEED_GENERATOR, None)
    try:
        yield
    finally:
        global_state.set_global_attribute(GLOBAL_SEED_GENERATOR, own)
