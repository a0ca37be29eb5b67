"""What a layer holds besides its configuration, for a layer made anew."""

import tempfile
from collections.abc import Iterable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from hypermask_tf.keras_private import all_layers
from hypermask_tf.surgery.own_objects import is_own


def copy_state(old: keras.Layer, new: keras.Layer) -> None:
    """Gives `new` all that `old` holds: variables, vocabularies, derived state.

    Args:
        old: A layer or model.
        new: One of the same structure and shapes.
    """
    for one, other in zip(all_layers(old), all_layers(new), strict=True):
        _copy_special(one, other)
    for source, variable in zip(old.variables, new.variables, strict=True):
        variable.assign(array_copy(source))
    finalize(new)


def copy_other_state(old: keras.Layer, new: keras.Layer) -> None:
    """What `copy_state` does besides variables, for layers whose variables differ."""
    for one, other in zip(all_layers(old), all_layers(new), strict=True):
        if not one.variables:
            _copy_special(one, other)
    finalize(new)


def copy_derived_state(pairs: Iterable[tuple[Any, Any]]) -> None:
    """Gives layers of a network at other widths what is derived or no variable.

    Args:
        pairs: Layers, and those made of them.

    Raises:
        ValueError: If a layer derives something from variables of another width.
    """
    for old, new in pairs:
        if not isinstance(old, keras.Layer) or isinstance(old, keras.Model):
            continue
        if not any(_is_special(inner) for inner in all_layers(old)):
            continue
        shapes = [[tuple(v.shape) for v in layer.variables] for layer in (old, new)]
        if shapes[0] != shapes[1]:
            raise ValueError(
                f"Layer {old.name!r} derives what it computes with from its variables, "
                "and cannot follow another width."
            )
        copy_state(old, new)


def assign_values(
    model: keras.Model, trainable: Sequence[Any], fixed: Sequence[Any]
) -> None:
    """Assigns values to the variables of a model, and what derives from them.

    Args:
        model: A Keras model.
        trainable: Values of `model.trainable_variables`.
        fixed: Values of `model.non_trainable_variables`.
    """
    for variables, values in (
        (model.trainable_variables, trainable),
        (model.non_trainable_variables, fixed),
    ):
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
    finalize(model)


def finalize(layer: keras.Layer) -> None:
    """Lets preprocessing layers derive from their variables what they compute with."""
    for inner in all_layers(layer):
        # Without variables it would derive from statistics that only `adapt` has.
        if hasattr(inner, "finalize_state") and inner.variables:
            inner.finalize_state()


def array_copy(variable: Any) -> np.ndarray:
    """The values of a variable, in memory of their own: a backend may reuse its."""
    return np.array(ops.convert_to_numpy(variable.value))


def _is_special(layer: Any) -> bool:
    """Whether a layer computes with more than its configuration and variables."""
    named = hasattr(layer, "finalize_state") or hasattr(layer, "save_assets")
    return named or _saves_otherwise(layer)


def _saves_otherwise(layer: Any) -> bool:
    """Whether a class of the user's saves more than variables, or otherwise."""
    own = type(layer).load_own_variables is not keras.Layer.load_own_variables
    return own and is_own(type(layer)) and not isinstance(layer, keras.Model)


def _copy_special(old: Any, new: Any) -> None:
    """State that a layer saves in a way of its own, such as a vocabulary."""
    if _saves_otherwise(old):
        store: dict[str, Any] = {}
        old.save_own_variables(store)
        new.load_own_variables(
            {key: np.array(ops.convert_to_numpy(v)) for key, v in store.items()}
        )
    if hasattr(old, "save_assets") and hasattr(new, "load_assets"):
        with tempfile.TemporaryDirectory() as folder:
            old.save_assets(folder)
            new.load_assets(folder)
