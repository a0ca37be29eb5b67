"""The ways in which weights and activations are stored, and which is safer."""

import dataclasses

FLOAT32 = "float32"
FLOAT16 = "float16"
WEIGHT_INT8 = "weight_int8"
DYNAMIC_INT8 = "dynamic_int8"
INT8 = "int8"
MIXED = "mixed"
INT4 = "int4"


@dataclasses.dataclass(frozen=True)
class Recipe:
    """One way to store a network.

    Args:
        name: how it is called on the command line and in file names.
        meaning: what it does, in a few words.
        safer: name of the recipe to fall back to; empty for the safest.
        calibrated: whether it needs examples of the task.
    """

    name: str
    meaning: str
    safer: str
    calibrated: bool = False


# From the safest to the smallest.
RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(FLOAT32, "32-bit floats", ""),
        Recipe(FLOAT16, "weights as 16-bit floats, float32 arithmetic", FLOAT32),
        Recipe(WEIGHT_INT8, "weights as int8, float32 arithmetic", FLOAT16),
        Recipe(DYNAMIC_INT8, "weights as int8, integer arithmetic", FLOAT16),
        Recipe(INT8, "weights and activations as int8", DYNAMIC_INT8, calibrated=True),
        Recipe(MIXED, "large dense layers as int4, the rest as int8", DYNAMIC_INT8),
        Recipe(INT4, "weights as int4 where there is a kernel for it", MIXED),
    )
}
QUANTIZATIONS = tuple(RECIPES)


def get(name: str) -> Recipe:
    """Returns a recipe by name.

    Raises:
        ValueError: when there is none.
    """
    if name not in RECIPES:
        raise ValueError(
            f"quantization must be one of {list(QUANTIZATIONS)}. "
            f"Received: quantization={name!r}"
        )
    return RECIPES[name]


def fallbacks(name: str) -> tuple[str, ...]:
    """Returns the recipes to try in order: the one asked for, then safer ones.

    Example:

    >>> fallbacks("int4")
    ('int4', 'mixed', 'dynamic_int8', 'float16', 'float32')
    """
    chain = [get(name)]
    while chain[-1].safer:
        chain.append(get(chain[-1].safer))
    return tuple(recipe.name for recipe in chain)
