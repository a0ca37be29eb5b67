"""What mask values that are on are multiplied by."""

import math
from collections.abc import Sequence

from hypermask_tf.masks.per_group import Sparsity, per_group

# A network of a task should start, and learn, as one of its own width does.
WIDTH = "width"
MaskScale = str | Sparsity


def scales(given: MaskScale, sparsities: Sequence[float]) -> tuple[float, ...]:
    """The factor of each group of scores.

    Sums over what is on have fewer terms than those the target's first weights were
    drawn for. `"width"` makes up for that: 1/√(share that is on) leaves their variance
    as it was, and with an optimizer that takes steps of one size, such as Adam, lets
    narrow layers learn faster, as they should.

    Args:
        given: `"width"`, one number, or one per group.
        sparsities: Percentage of each group that is off.

    Raises:
        ValueError: If it is another word, or a number that is not positive and finite.

    Source: the constant of scaled initialisation in Ramanujan et al. 2020 (arXiv
    1911.13299), on mask values instead of weights.
    """
    if isinstance(given, str):
        if given != WIDTH:
            raise ValueError(
                f'`scale` must be "{WIDTH}", a number, or one per group; 1 is the '
                f"paper's. Received: scale={given!r}"
            )
        return tuple(1 / math.sqrt(1 - p / 100) for p in sparsities)
    values = per_group("scale", given, len(sparsities))
    if not all(0 < value < math.inf for value in values):
        raise ValueError(
            "`scale` multiplies mask values, so it must be positive and finite; 1 "
            f"is the paper's. Received: scale={given}"
        )
    return values
