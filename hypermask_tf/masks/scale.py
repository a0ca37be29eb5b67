"""What mask values that are on are multiplied by."""

import math
from collections.abc import Sequence

import numpy as np

from hypermask_tf import checks
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
    checked = check_scale(given)
    if isinstance(checked, str):
        return tuple(1 / math.sqrt(1 - p / 100) for p in sparsities)
    return per_group("scale", checked, len(sparsities))


def check_scale(given: MaskScale) -> MaskScale:
    """Returns a scale: the word, or numbers.

    Raises:
        ValueError: If it is another word, or a number that is not positive and finite.
    """
    if isinstance(given, str):
        if given != WIDTH:
            raise ValueError(
                f'`scale` must be "{WIDTH}", a number, or one per group; 1 is the '
                f"paper's. Received: scale={given!r}"
            )
        return given
    numbers = checks.check_numbers("scale", given)
    if not np.all((np.atleast_1d(numbers) > 0) & np.isfinite(numbers)):
        raise ValueError(
            "`scale` multiplies mask values, so it must be positive and finite; 1 is "
            f"the paper's. Received: scale={given}"
        )
    return numbers
