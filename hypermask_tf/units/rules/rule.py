"""What is known of one kind of layer, and what holds of a layer nobody knows."""

from typing import Any

import numpy as np

from hypermask_tf.units.step import Step
from hypermask_tf.units.unit_pool import UnitPool
from hypermask_tf.units.unit_recorder import UnitRecorder

Arrays = list[np.ndarray]

# How Keras's layers name their width.
WIDTHS = ("units", "filters", "output_dim")


class Rule:
    """What is known of one kind of layer or operation; the base knows nothing.

    A subclass, registered with `register_rule`, says

    - which units flow through a call, and along which axes its variables carry
      them: `units`, or `pass_units` where there are no variables;
    - which channels hold constants, and which must hold their value, if some of the
      weights are zero: `constants` and `needs`;
    - how the layer is cut to fewer channels: `config` and `weights`;
    - how wide its output becomes behind a wider or narrower input: `out_width`,
      `follow`.

    Units are int arrays over the last axis of a tensor: channel to unit. A call that
    is not `cuttable` counts in compaction as one of which nothing is known: it reads
    every channel, its outputs vary, and no channel goes.

    `Kernel`, `Elementwise`, `PerChannel` and `WithinChannels` say most of this for
    rules that derive from them.

    Args:
        step: The call.

    Attributes:
        per_layer: Whether all calls of a layer share one rule, because they share
            weights or an explicit shape.
        folds: Whether it folds constants into a bias, and that only where all calls
            of the layer agree on them.
        total: Whether it is finite on all numbers. If not, inputs that stay are
            computed, needed or not: zeros times what is not finite are no zeros.
        ties: Whether it makes units of several inputs the same.
        keeps_channels: Whether an output with as many channels as an input has as
            many at any width.
    """

    per_layer = False
    folds = False
    total = True
    ties = False
    keeps_channels = False

    def __init__(self, step: Step) -> None:
        self.step = step
        self.in_widths, self.out_widths = step.in_widths, step.out_widths
        self._first: tuple[Arrays, Arrays] | None = None

    @classmethod
    def of(cls, step: Step) -> "Rule":
        """The rule of a call; a subclass may choose another for special cases."""
        return cls(step)

    def units(self, recorder: UnitRecorder, inputs: Arrays) -> Arrays | None:
        """Units of the outputs; None if the call loses them.

        Args:
            recorder: Gives new units, and notes those of the layer's variables.
            inputs: Units of each input.
        """
        return self.pass_units(recorder.pool, inputs)

    def pass_units(self, pool: UnitPool, inputs: Arrays) -> Arrays | None:
        """The same without variables; also used on channels, each a unit of its own."""
        return None

    @property
    def cuttable(self) -> bool:
        """Whether this call can be cut to fewer channels."""
        return self._is_plain() and self.applies()

    def applies(self) -> bool:
        """Whether the class knows how to cut a call with these arguments."""
        return False

    @property
    def is_one_to_one(self) -> bool:
        """Whether the call reads one tensor and makes one."""
        return len(self.step.inputs) == len(self.step.outputs) == 1

    def channels(self, pool: UnitPool, inputs: Arrays) -> Arrays:
        """Channels of the outputs, tied to those they are cut with.

        Args:
            pool: Gives new channels; what is merged goes together or not at all, and
                what is merged with `pool.fixed` never.
            inputs: Channels of each input.
        """
        if not self.per_layer:
            return self._channels(pool, inputs)
        if self._first is None:
            self._first = inputs, self._channels(pool, inputs)
        for first, other in zip(self._first[0], inputs, strict=True):
            pool.merge(first, other)
        return self._first[1]

    def constants(self, inputs: Arrays) -> Arrays:
        """Values of the outputs' channels, NaN where they vary, from the inputs'."""
        return [np.full(width, np.nan) for width in self.out_widths]

    def needs(self, constants: Arrays, needed: Arrays) -> Arrays:
        """Which channels of the inputs must hold their value.

        Args:
            constants: Values of the inputs' channels, NaN where they vary.
            needed: Which channels of the outputs must hold their value.
        """
        return [np.ones(width, dtype=bool) for width in self.in_widths]

    def balanced(self, kept_in: Arrays, kept_out: Arrays) -> tuple[Arrays, Arrays]:
        """The channels that stay, and those that must stay with them."""
        return kept_in, kept_out

    def config(self, kept_in: Arrays, kept_out: Arrays) -> dict[str, Any]:
        """What changes in the operation's configuration."""
        return {}

    def weights(self, kept_in: Arrays, kept_out: Arrays) -> dict[str, np.ndarray]:
        """The variables that change, by attribute name; the others are copied."""
        return {}

    @property
    def width_name(self) -> str | None:
        """The argument of the layer that says how wide its output is, if any does."""
        names = WIDTHS if self.step.is_layer else ()
        return next((n for n in names if hasattr(self.step.operation, n)), None)

    def out_width(self, out: int, before: list[int], after: list[int]) -> int:
        """New width of an output that was `out` wide, from the inputs' widths."""
        if len(before) == 1 and (out % before[0] == 0 or before[0] % out == 0):
            return out * after[0] // before[0]
        same = [a for b, a in zip(before, after, strict=True) if b == out]
        return same[0] if same else out

    @classmethod
    def follow(cls, operation: Any, given: Any) -> dict[str, Any]:
        """Changes of the configuration for a first input like the tensor `given`.

        Raises:
            ValueError: If it cannot follow.
        """
        return {}

    @classmethod
    def check(cls, operation: Any, given: Any, result: Any) -> None:
        """Whether `result` of `given` is what the operation makes at another width.

        Raises:
            ValueError: If it is not.
        """

    def _channels(self, pool: UnitPool, inputs: Arrays) -> Arrays:
        passed = self.pass_units(pool, inputs)
        if passed is not None:
            return passed
        for channels in inputs:
            pool.merge(channels, pool.fixed(channels.size))
        return [pool.fixed(width) for width in self.out_widths]

    def _shapes_with_channels(self) -> list[Any]:
        return [*self.step.input_shapes, *self.step.output_shapes]

    def _in_training(self) -> bool:
        return self.step.in_training

    def _is_plain(self) -> bool:
        """Whether the call is as usual: channels last, at inference, plain weights."""
        step, layer = self.step, self.step.operation
        shapes = self._shapes_with_channels()
        return (
            bool(step.inputs)
            and all(len(shape) > 1 and shape[-1] for shape in shapes)
            and not self._in_training()
            and getattr(layer, "data_format", None) != "channels_first"
            and not getattr(layer, "lora_enabled", False)
            and getattr(layer, "quantization_mode", None) is None
        )
