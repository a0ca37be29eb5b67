"""Every kind of layer and operation that has a rule, by itself, by brute force."""

import pytest

from hypermask_tf.own_width import OwnWidthError
from hypermask_tf.units.flat_graph import FlatGraph
from hypermask_tf.units.rules import registered
from tests.units import rule_battery
from tests.units.rule_examples import EXAMPLES, TOGETHER

# Compaction takes an activation that is not Keras's for one that reads all channels,
# and leaves every tensor a channel.
_SOME_STAY = (
    "layer as activation",
    "activation of one's own",
    "channel slice",
    "split",
    "split and join",
)
# Units that no rule follows any further.
_UNITS_END = {
    *("layer as activation", "activation that flips", "new last axis", "no rule"),
    *("pad reflections", "reshape apart", "mean of channels", "transpose channels"),
    *(f"operations {i}" for i in range(4)),
}
# A layer or call that says how many channels there are, or in which order.
_NO_OWN_WIDTH = {
    "ActivityRegularization": "penalises its outputs",
    "layer as activation": "cannot follow another width",
    "channel slice": "no unit that is off can be cut out",
    "one channel": "no unit that is off can be cut out",
    "split": "no unit that is off can be cut out",
    "split and join": "did not agree",
    "add a vector": "cannot follow another width",
    "average of padded": "did not agree",
    "one channel becomes many": "cannot follow another width",
}
# Keras 3.15 declares a rank for them that they do not return: no model can hold one.
_UNUSABLE = {"AdaptiveAveragePool", "AdaptiveMaxPool"}
_SEEN: dict[str, set[str]] = {}


@pytest.mark.parametrize("name", EXAMPLES)
def test_masks_compaction_and_own_width(name):
    model = EXAMPLES[name]()
    _SEEN[name] = {type(step.operation).__name__ for step in FlatGraph(model).steps}
    graph = rule_battery.check_units(model, exactly=name not in TOGETHER)
    assert bool(graph.opaque) == (name in _UNITS_END)
    rule_battery.check_compaction(model, name not in _SOME_STAY)
    if name in _NO_OWN_WIDTH:
        with pytest.raises(OwnWidthError, match=_NO_OWN_WIDTH[name]):
            rule_battery.check_own_width(model)
    else:
        rule_battery.check_own_width(model)


def test_every_rule_has_an_example():
    if _SEEN.keys() != EXAMPLES.keys():
        pytest.skip("only some of the examples were run")
    names = {name for name in registered() if isinstance(name, str)}
    assert names - set().union(*_SEEN.values()) == _UNUSABLE
