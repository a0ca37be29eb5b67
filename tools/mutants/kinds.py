"""All kinds of faults: those of Cosmic Ray that suit us, and our own."""

import functools

from cosmic_ray.operators.operator import Operator
from cosmic_ray.operators.provider import OperatorProvider

from tools.mutants.operators import OWN

_BINARY = "Add_Sub Sub_Add Mul_Div Div_Mul FloorDiv_Mul Mod_FloorDiv Pow_Mul"
_BITS = "BitAnd_BitOr BitOr_BitAnd"
_COMPARISONS = "Lt_LtE LtE_Lt Gt_GtE GtE_Gt Lt_GtE Gt_LtE Eq_NotEq NotEq_Eq Is_IsNot"
STOCK: tuple[str, ...] = (
    *(f"ReplaceBinaryOperator_{n}" for n in f"{_BINARY} {_BITS}".split()),
    *(f"ReplaceComparisonOperator_{n}" for n in f"{_COMPARISONS} IsNot_Is".split()),
    "ReplaceUnaryOperator_Delete_USub",
    "ReplaceUnaryOperator_Delete_Invert",
    "ReplaceUnaryOperator_Delete_Not",
    "AddNot",
    "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "NumberReplacer",
    "ZeroIterationForLoop",
)


@functools.cache
def operators() -> dict[str, Operator]:
    """All kinds of faults, by name."""
    stock = OperatorProvider()
    return {name: stock[name]() for name in STOCK} | {
        name: kind() for name, kind in OWN.items()
    }
