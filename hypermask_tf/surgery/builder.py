"""A model built anew with other configurations."""

from typing import Any

import keras

from hypermask_tf.surgery.remake import remake_layer
from hypermask_tf.units.keras_graph import is_graph
from hypermask_tf.units.rules import rule_class


class Builder:
    """Builds a model again, layer by layer, with some configurations changed.

    Nested models stay nested and shared layers shared, under their names. A layer is
    made when it is first called, so that nested models and reshapes can follow the
    shape of what they are called on.

    Args:
        changes: Changes of the configuration, by identity of the operation.
        dtype: Dtype policy of all layers; None keeps theirs.

    Attributes:
        made: Pairs of operations, the old and the new, by identity of the old.
    """

    def __init__(
        self, changes: dict[int, dict[str, Any]], dtype: str | None = None
    ) -> None:
        self._changes, self._dtype = changes, dtype
        self.made: dict[int, tuple[Any, Any]] = {}

    def build(self, model: keras.Model, inputs: Any = None) -> keras.Model:
        """The model, on inputs of its own or like `inputs`, nested as its own."""
        if isinstance(model, keras.Sequential):
            result = self._build_sequential(model, inputs)
        else:
            if inputs is None:
                inputs = keras.tree.map_structure(_input_like, model.input)
            # Without what it was compiled with: that is no part of its graph.
            plain = keras.Model(model.input, model.output, name=model.name)
            result = keras.models.clone_model(
                plain if model.compiled else model,
                input_tensors=inputs,
                clone_function=_Pending,
                call_function=self._call,
            )
        policy = keras.DTypePolicy(self._dtype) if self._dtype else model.dtype_policy
        result.dtype_policy = policy
        return result

    def _build_sequential(self, model: keras.Model, inputs: Any) -> keras.Model:
        x = _input_like(model.inputs[0]) if inputs is None else inputs
        result = keras.Sequential(name=model.name, trainable=model.trainable)
        result.add(x._keras_history.operation)
        for layer in model.layers:
            new = self._made(layer, [x])
            _explained(result.add, layer, [x], new)
            x = result.outputs[0]
        return result

    def _call(self, pending: "_Pending", *args: Any, **kwargs: Any) -> Any:
        old = pending.operation
        leaves = keras.tree.flatten((args, kwargs))
        given = [leaf for leaf in leaves if isinstance(leaf, keras.KerasTensor)]
        new = self._made(old, given)
        key = self._changes.get(id(old), {}).get("key")
        if key is not None:
            return _explained(new, old, given, args[0], key)
        result = _explained(new, old, given, *args, **kwargs)
        if given:
            rule_class(old).check(old, given[0], result)
        return result

    def _made(self, old: Any, given: list[Any]) -> Any:
        if id(old) not in self.made:
            self.made[id(old)] = old, self._make(old, given)
        return self.made[id(old)][1]

    def _make(self, old: Any, given: list[Any]) -> Any:
        if is_graph(old):
            inner = getattr(old, "_functional", old).inputs
            # Masks may come after the inputs.
            own = given[: len(inner)]
            inputs = [_input_like(*pair) for pair in zip(inner, own, strict=True)]
            if isinstance(old, keras.Sequential):
                return self.build(old, inputs[0])
            return self.build(old, keras.tree.pack_sequence_as(old.input, inputs))
        changes = dict(self._changes.get(id(old), {}))
        changes.pop("key", None)  # an argument of its call
        if given:
            changes.update(rule_class(old).follow(old, given[0]))
        return remake_layer(old, changes, self._dtype)


class _Pending:
    """Stands for an operation until its first call."""

    def __init__(self, operation: Any) -> None:
        self.operation = operation


def _input_like(declared: Any, given: Any = None) -> Any:
    """An input like the `declared` one, with the channels of the tensor `given`."""
    shape = tuple(declared.shape)
    if given is not None and len(given.shape) == len(shape):
        shape = (*shape[:-1], given.shape[-1])
    return keras.Input(
        batch_shape=shape,
        dtype=declared.dtype,
        # The layer's: a tensor that was given no name has another one.
        name=declared._keras_history.operation.name,
        sparse=getattr(declared, "sparse", None),
    )


def _explained(call: Any, old: Any, given: list[Any], *args: Any, **kwargs: Any) -> Any:
    """`call` on the arguments; what goes wrong says in which layer."""
    try:
        return call(*args, **kwargs)
    except Exception as error:  # each backend has its own kinds
        shapes = [tuple(tensor.shape) for tensor in given]
        raise ValueError(
            f"Layer {old.name!r} cannot follow the new widths: what it says about "
            "shapes, or a constant in it, must fit them; a sum needs equal widths. "
            f"Received: inputs of shapes {shapes}. Keras says: {error}"
        ) from error
