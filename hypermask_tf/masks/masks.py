"""The common base of the kinds of masks a learner can have."""

from typing import Any

import keras

from hypermask_tf import checks
from hypermask_tf.masks import activations
from hypermask_tf.masks.layout import MaskLayout
from hypermask_tf.masks.per_group import Sparsity, check_sparsity
from hypermask_tf.masks.roles import Roles
from hypermask_tf.masks.scale import MaskScale, check_scale
from hypermask_tf.spec import Spec


class Masks(Spec):
    """Says what a score stands for, and which scores are on.

    A subclass defines `layout`.

    Args:
        sparsity: Percentage of each group of scores that is exactly zero, 0 to below
            100: one number, or one per group.
        activation: From score to mask value: `"abs_tanh"` (the paper's), `"tanh"` or
            `"binary"`.
        scale: What mask values that are on are multiplied by: `"width"`, which is
            1/√(share that is on), so that a task's network starts and learns as one
            of its own width does; or a number, or one per group. 1 is the paper's.
        ramp_steps: Steps of the first task over which the sparsity rises linearly to
            its value; 0 for no ramp.

    Raises:
        ValueError: If an argument is out of range. What depends on the target, such as
            the number of groups, is checked when the learner is made.
        TypeError: If an argument is no number.
    """

    def __init__(
        self,
        sparsity: Sparsity,
        activation: str,
        scale: MaskScale,
        ramp_steps: int,
    ) -> None:
        activations.get(activation)
        self.sparsity = check_sparsity(checks.check_numbers("sparsity", sparsity))
        self.activation = activation
        self.scale = check_scale(scale)
        self.ramp_steps = checks.check_positive("ramp_steps", ramp_steps, 0)

    def layout(self, target: keras.Model, roles: Roles, tracks_use: bool) -> MaskLayout:
        """What a vector of scores means for the variables of a target.

        Args:
            target: The built target network.
            roles: Which of its variables are masked.
            tracks_use: Whether the learner knows what earlier tasks use.
        """
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        return {
            "sparsity": self.sparsity,
            "activation": self.activation,
            "scale": self.scale,
            "ramp_steps": self.ramp_steps,
        }
