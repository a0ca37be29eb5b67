"""Which role each variable of a target plays: masked, normalisation, plain."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import keras

from hypermask_tf.keras_private import all_layers, own_variables

Maskable = Callable[[Any], bool] | Sequence[bool] | None

NORMALIZATION = (
    keras.layers.BatchNormalization,
    keras.layers.LayerNormalization,
    keras.layers.GroupNormalization,
    keras.layers.RMSNormalization,
)


@dataclasses.dataclass(frozen=True)
class Roles:
    """Roles of a target's variables (DESIGN: maskable tensors).

    Attributes:
        maskable: One flag per trainable variable. Kernels, biases and other
            weights are maskable, parameters of normalisation layers are not.
        normalization: One flag per trainable variable: gamma, beta and the like.
        statistics: One flag per non-trainable variable: moving mean and variance,
            and any other state of a layer that is not frozen, but for seeds.
        output_bias: Index of the trainable variable that gets a score but is used
            unmasked: the last maskable one if it is a vector. None otherwise.
        head: One flag per trainable variable: those of the layer that holds the last
            one, normalisation aside.
        own: Whether every trainable variable belongs to each task alone, and begins as
            it is in the target.
    """

    maskable: tuple[bool, ...]
    normalization: tuple[bool, ...]
    statistics: tuple[bool, ...]
    output_bias: int | None
    head: tuple[bool, ...]
    own: bool = False

    def all_own(self) -> "Roles":
        """The same, where tasks share nothing that is trained."""
        nothing = (False,) * len(self.maskable)
        return dataclasses.replace(self, maskable=nothing, output_bias=None, own=True)


def find_roles(target: keras.Model, maskable: Maskable = None) -> Roles:
    """Sorts the variables of `target` into roles.

    Args:
        target: A built Keras model.
        maskable: None for the rule above, or an override: a function from a
            variable to bool, or one bool per trainable variable.

    Raises:
        ValueError: If nothing is maskable, or the override does not fit.
    """
    owned = {
        id(variable)
        for layer in all_layers(target)
        if isinstance(layer, NORMALIZATION)
        for variable in layer.variables
    }
    # What training moves but no optimizer does: moving statistics and counters of any
    # layer that is not frozen. Seeds are not among them, nor what `adapt` finds.
    moving = {
        id(variable)
        for layer in all_layers(target)
        if layer.trainable and not hasattr(layer, "finalize_state")
        for variable in own_variables(layer)[1]
    }
    trainable = target.trainable_variables
    normalization = tuple(id(v) in owned for v in trainable)
    if maskable is None:
        flags = [not n for n in normalization]
    elif callable(maskable):
        flags = [bool(maskable(v)) for v in trainable]
    else:
        flags = [bool(flag) for flag in maskable]
    if len(flags) != len(trainable):
        raise ValueError(
            "`maskable` must hold one flag per trainable variable of the target "
            f"({len(trainable)}). Received: {len(flags)} flags"
        )
    if not any(flags):
        raise ValueError(
            "The target has no maskable variable: it needs at least one trainable "
            "kernel. Call a subclassed target once on data before wrapping it, so that "
            "its layers are built, and check `maskable`. "
            f"Received: target with {len(trainable)} trainable variables"
        )
    last = max(i for i, flag in enumerate(flags) if flag)
    final = max(
        i
        for i, (flag, norm) in enumerate(zip(flags, normalization, strict=True))
        if flag or not norm
    )
    head = _siblings(target, trainable[final])
    return Roles(
        maskable=tuple(flags),
        normalization=tuple(
            n and not f for n, f in zip(normalization, flags, strict=True)
        ),
        statistics=tuple(id(v) in moving for v in target.non_trainable_variables),
        output_bias=(
            last
            if len(trainable[last].shape) == 1 and id(trainable[last]) in head
            else None
        ),
        head=tuple(id(v) in head for v in trainable),
    )


def _siblings(target: keras.Model, variable: Any) -> set[int]:
    """Identities of the variables of the layer that owns `variable`."""
    for layer in all_layers(target):
        owned = {id(v) for v in own_variables(layer)[0]}
        if id(variable) in owned:
            return owned
    return {id(variable)}
