"""Every kind of layer and operation that has a rule, by itself, by brute force."""

import pytest

from hypermask_tf.narrow import NotNarrowError
from hypermask_tf.units.flat_graph import FlatGraph
from hypermask_tf.units.rules import registered
from tests.units import rule_battery
from tests.units.rule_examples import EXAMPLES, KINDS, TOGETHER

# Compaction takes an activation that is not Keras's for one that reads all channels,
# and leaves every tensor a channel.
_SOME_STAY = (
    "layer as activation",
    "activation of one's own",
    "channel slice",
    "split",
    "split and join",
)
# Units are held in ways that are not one axis, or the layer has a width in it.
_NO_OWN_WIDTH = {
    "ActivityRegularization": "penalises its outputs",
    "channel slice": "no unit",
    "one channel": "no unit",
}
_SEEN: set[str] = set()


@pytest.mark.parametrize("name", EXAMPLES)
def test_masks_compaction_and_own_width(name):
    model = EXAMPLES[name]()
    _SEEN.update(type(step.operation).__name__ for step in FlatGraph(model).steps)
    graph = rule_battery.check_units(model, exactly=name not in TOGETHER)
    assert not (graph.opaque and name in KINDS)
    rule_battery.check_compaction(model, name not in _SOME_STAY)
    try:
        rule_battery.check_own_width(model)
    except NotNarrowError as reason:
        print("NOT", name, reason)


def test_every_rule_has_an_example():
    assert not {n for n in registered() if isinstance(n, str)} - _SEEN
