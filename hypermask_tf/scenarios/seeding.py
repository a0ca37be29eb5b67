"""Random orders that stay the same for ever, and draws that touch nothing else."""

import contextlib
import random
from collections.abc import Iterator
from numbers import Integral

import numpy as np
import numpy.typing as npt

from hypermask_tf.keras_private import own_seed_generator


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


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draws inside the block depend on `seed`; those after it are as without the block.

    `keras.utils.set_random_seed` cannot be undone: whatever a program draws after a
    library has called it is the library's, whichever seed the user has set. Here the
    generators of Python, of NumPy and of Keras go back to where they were.

    Of Keras's generator only unseeded calls of `keras.random` draw: layers and
    initializers draw their seeds from Python's. TensorFlow's
    own generator (`tf.random.normal` without a seed) is left alone.

    Args:
        seed: An integer from 0 to 2**32 - 1.

    Raises:
        ValueError: If the seed is outside that range.

    Example:

    >>> drawn = []
    >>> for _ in range(2):
    ...     with seeded(7):
    ...         drawn.append(random.random())
    >>> drawn[0] == drawn[1] != random.random()
    True
    """
    _stream((seed,))  # refuses what is no seed
    seed = int(seed)
    python, numpy = random.getstate(), np.random.get_state()
    random.seed(seed)
    np.random.seed(seed)
    try:
        with own_seed_generator():
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)


def _stream(seed: tuple[int, ...]) -> np.random.RandomState:
    if not all(isinstance(part, Integral) and 0 <= part < 2**32 for part in seed):
        raise ValueError(
            "Expected seeds to be integers from 0 to 2**32 - 1. Received: "
            f"seed={seed}. Use a small number, such as 0."
        )
    return np.random.RandomState(np.array(seed, np.uint32))
