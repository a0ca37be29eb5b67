"""Which rule a layer or operation follows."""

from collections.abc import Callable
from typing import Any, TypeVar

import keras

from hypermask_tf.units.rules.rule import Rule
from hypermask_tf.units.step import Step

RuleClass = TypeVar("RuleClass", bound=type[Rule])

_RULES: dict[str | type, type[Rule]] = {}
# A subclass inside these packages follows the rule of the class it comes from.
_TRUSTED = ("keras.", "hypermask_tf.")


def register_rule(*operations: str | type) -> Callable[[RuleClass], RuleClass]:
    """A decorator that registers a `Rule` for kinds of layers and operations.

    Args:
        *operations: Classes of layers, or names of classes: Keras's layers and the
            operations of `keras.ops`, whose classes are not public.

    Raises:
        ValueError: If one of them has a rule already.

    Example:

    >>> from hypermask_tf.units import rules
    >>> class Scale(keras.layers.Layer):
    ...     def build(self, shape):
    ...         self.scale = self.add_weight((shape[-1],))
    ...
    ...     def call(self, inputs):
    ...         return inputs * self.scale
    >>> @rules.register_rule(Scale)
    ... class ScaleRule(rules.PerChannel):
    ...     variables = ("scale",)
    """

    def register(rule: RuleClass) -> RuleClass:
        for operation in operations:
            known = _RULES.get(operation)
            # A notebook's cell that runs again brings the same class anew.
            if known is not None and _name(known) != _name(rule):
                raise ValueError(
                    "Expected a layer or operation without a rule. "
                    f"Received: {operation!r}, which has {known.__name__}; register "
                    "your own rule for a subclass of the layer instead"
                )
            _RULES[operation] = rule
        return rule

    return register


def registered() -> dict[str | type, type[Rule]]:
    """All rules, by name or class of what follows them."""
    return dict(_RULES)


def rule_for(step: Step) -> Rule:
    """The rule of one call; `Rule` itself, which knows nothing, where there is none."""
    return rule_class(step.operation).of(step)


def rule_class(operation: Any) -> type[Rule]:
    """The class of rule that a layer or operation follows.

    Subclasses of Keras layers follow their parent's rule only where they are
    Keras's own or this library's: a user's override may do anything.
    """
    for kind in type(operation).__mro__:
        if kind in _RULES:
            return _RULES[kind]
        if not kind.__module__.startswith(_TRUSTED):
            return Rule
        if kind in (keras.Layer, keras.layers.Wrapper):
            return Rule
        if kind.__name__ in _RULES:
            return _RULES[kind.__name__]
    return Rule


def _name(rule: type[Rule]) -> str:
    return f"{rule.__module__}.{rule.__qualname__}"
