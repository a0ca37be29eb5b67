"""Masks with a score per weight: the paper's."""

import keras

from hypermask_tf.masks.masks import Masks
from hypermask_tf.masks.per_group import Sparsity
from hypermask_tf.masks.roles import Roles
from hypermask_tf.masks.scale import MaskScale
from hypermask_tf.masks.weight_layout import WeightLayout


@keras.saving.register_keras_serializable("hypermask_tf")
class WeightMasks(Masks):
    """One score for every weight of every maskable variable.

    Any built Keras model can be masked so, subclassed ones included.

    Args:
        sparsity: Percentage of zeros in each masked tensor, 0 to below 100: one number,
            or one per tensor.
        activation, scale, ramp_steps: As in `Masks`.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> WeightMasks(sparsity=50).sparsity
    50.0

    Reference: HyperMask, arXiv 2310.00113, section 3.
    """

    def __init__(
        self,
        sparsity: Sparsity = 30.0,
        activation: str = "abs_tanh",
        scale: MaskScale = 1.0,
        ramp_steps: int = 0,
    ) -> None:
        super().__init__(sparsity, activation, scale, ramp_steps)

    def layout(
        self, target: keras.Model, roles: Roles, tracks_use: bool
    ) -> WeightLayout:
        del tracks_use  # every weight may be shared
        return WeightLayout(target, roles, self.sparsity, self.activation, self.scale)
