"""The unit graph of a Keras model: which axis of which variable is which units."""

from hypermask_tf.units.graph import UnitGraph
from hypermask_tf.units.rules import register_rule
from hypermask_tf.units.unit_group import UnitGroup
from hypermask_tf.units.unit_pool import FIXED
from hypermask_tf.units.unit_step import UnitStep
from hypermask_tf.units.variable_units import VariableUnits

__all__ = [
    "FIXED",
    "UnitGraph",
    "UnitGroup",
    "UnitStep",
    "VariableUnits",
    "register_rule",
]
