"""Random orders that stay the same for ever."""

from numbers import Integral

import numpy as np
import numpy.typing as npt


def random_permutation(n: int, *seed: int) -> npt.NDArray[np.int64]:
    """Returns a permutation of `range(n)` that depends on `n` and `seed` only.

    NumPy promises that `RandomState` never changes its stream; its newer
    generators may, and a run that is resumed after an update must see the same
    tasks.

    Args:
        n: Number of elements.
        *seed: One or more integers from 0 to 2**32 - 1.

    Raises:
        ValueError: If a seed is outside that range.

    Example:

    >>> from hypermask_tf.scenarios.seeding import random_permutation
    >>> sorted(random_permutation(4, 7).tolist())
    [0, 1, 2, 3]
    """
    return _stream(seed).permutation(n).astype(np.int64)


def derived_seed(*seed: int) -> int:
    """Returns one seed that depends on several, and stays the same for ever.

    Args:
        *seed: One or more integers from 0 to 2**32 - 1.

    Raises:
        ValueError: If a seed is outside that range.

    Example:

    >>> from hypermask_tf.scenarios.seeding import derived_seed
    >>> derived_seed(1, 2) == derived_seed(1, 2) != derived_seed(2, 1)
    True
    """
    return int(_stream(seed).randint(2**31 - 1))


def _stream(seed: tuple[int, ...]) -> np.random.RandomState:
    if not all(isinstance(part, Integral) and 0 <= part < 2**32 for part in seed):
        raise ValueError(
            "Expected seeds to be integers from 0 to 2**32 - 1. Received: "
            f"seed={seed}. Use a small number, such as 0."
        )
    return np.random.RandomState(np.array(seed, np.uint32))
