"""No masks at all: every task computes with the whole target."""

from typing import Any

import keras

from hypermask_tf.masks.layout import MaskLayout
from hypermask_tf.masks.masks import Masks
from hypermask_tf.masks.roles import Roles

Tensor = Any


class WholeTargetLayout(MaskLayout):
    """One score, always on, that stands for the target as a whole.

    Args:
        target: The built target network.
        roles: Its variables' roles.
    """

    def __init__(self, target: keras.Model, roles: Roles) -> None:
        super().__init__(roles, (1,), 0.0, "binary")
        self._count = len(target.trainable_variables)

    def masks(self, scores: Tensor, keep: Tensor | None = None) -> list[Tensor | None]:
        del scores, keep
        return [None] * self._count


@keras.saving.register_keras_serializable("hypermask_tf")
class WholeTarget(Masks):
    """Nothing is switched off: what tasks do not share belongs to each alone.

    `base` of `HyperMask` chooses it; it is no choice of a user's.
    """

    def __init__(self) -> None:
        super().__init__(0.0, "binary", 1.0, 0)

    def layout(
        self, target: keras.Model, roles: Roles, tracks_use: bool
    ) -> WholeTargetLayout:
        del tracks_use
        return WholeTargetLayout(target, roles)

    def get_config(self) -> dict[str, Any]:
        return {}
