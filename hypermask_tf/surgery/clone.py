"""A network, or a part of a learner, made anew with everything it holds."""

import contextlib
import inspect
import random
from collections.abc import Iterator

import keras

from hypermask_tf.surgery.builder import Builder
from hypermask_tf.surgery.own_objects import is_own, own_objects
from hypermask_tf.surgery.remake import keep_parts, remake_layer, with_policy
from hypermask_tf.surgery.sample import make_sample
from hypermask_tf.surgery.state import copy_state
from hypermask_tf.units.keras_graph import is_graph


def clone_network(model: keras.Model, dtype: str | None = None) -> keras.Model:
    """A model of variables of its own that computes what `model` does.

    Args:
        model: A built model. It is left as it is.
        dtype: Dtype policy of the result; None keeps the model's.

    Raises:
        ValueError: If a layer cannot be made from its configuration.
    """
    with _no_draws():
        if is_graph(model):
            new = Builder({}, dtype).build(without_class(model))
        else:
            new = _clone_class(model, dtype)
    copy_state(model, new)
    return new


def clone_part(layer: keras.Layer | None) -> keras.Layer | None:
    """A layer like `layer`, without variables yet; None for None."""
    if layer is None:
        return None
    if is_graph(layer):
        return clone_network(layer)
    return remake_layer(layer)


def check_remakable(model: keras.Model) -> None:
    """Tries whether small networks can be made of a model, without building any.

    Raises:
        ValueError: If a layer cannot be made from its configuration; it is named.
    """
    with _no_draws():
        if not is_graph(model):
            _clone_class(model, None)
            return
        for layer in model.layers:
            if is_graph(layer):
                check_remakable(layer)
            else:
                remake_layer(layer)


@contextlib.contextmanager
def _no_draws() -> Iterator[None]:
    """Seeds that layers draw when they are made are no draws of the user's."""
    state = random.getstate()
    try:
        yield
    finally:
        random.setstate(state)


def without_class(model: keras.Model) -> keras.Model:
    """A plain model of the same layers, where a user's class is no more than its graph.

    Such a class may make its layers itself, so that nothing can be made of it by name.
    """
    if (
        is_own(type(model))
        and is_graph(model)
        and not isinstance(model, keras.Sequential)
    ):
        return keras.Model(model.input, model.output, name=model.name)
    return model


def _revive(model: keras.Model, dtype: str | None) -> keras.Model:
    """A model of the same class, by its configuration, or as one that takes none."""
    config = keras.saving.serialize_keras_object(model)
    config.pop("compile_config", None)
    if dtype is not None:
        config = with_policy(config, dtype)
    try:
        # The model is an object of this process, not a file from somewhere.
        with keras.saving.custom_object_scope(own_objects(model)):
            return keras.saving.deserialize_keras_object(config, safe_mode=False)
    except TypeError:
        required = inspect.signature(type(model)).parameters
        if required or dtype is not None:
            raise
        return type(model)()


def _clone_class(model: keras.Model, dtype: str | None) -> keras.Model:
    """A subclassed model, made as its class says."""
    try:
        new = _revive(model, dtype)
        keep_parts(model, new)
        if len(new.variables) != len(model.variables):
            sample = make_sample(model)  # what `build` leaves, a first call makes
            if sample is not None:
                new(keras.ops.convert_to_tensor(sample))
        if len(new.variables) != len(model.variables):
            raise ValueError(
                f"a model with {len(new.variables)} variables, and not "
                f"{len(model.variables)}: `build` must make all"
            )
    except Exception as error:
        raise ValueError(
            "Expected a subclassed target that can be made anew: it needs `get_config` "
            "with all arguments of its class, and `build`. Received: "
            f"{type(model).__name__}, of which Keras says: {error}"
        ) from error
    return new
