"""One signature of a file in LiteRT."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from hypermask_tf.export.examples import Examples, by_name, rows
from hypermask_tf.export.interpreter import stored


class Signature:
    """Runs one signature of a file, one example at a time, as it stores numbers.

    Args:
        interpreter: of the file; several signatures may share it.
        key: name of the signature.
    """

    def __init__(self, interpreter: Any, key: str) -> None:
        self._runner = interpreter.get_signature_runner(key)
        self.inputs: dict[str, Any] = self._runner.get_input_details()

    def example(self, examples: Examples, index: int) -> dict[str, np.ndarray]:
        """Returns an example as the inputs store it."""
        one = by_name(rows(examples, slice(index, index + 1)), list(self.inputs))
        return {
            name: stored(np.asarray(one[name], _given_type(details)), details)
            for name, details in self.inputs.items()
        }

    def __call__(self, example: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Returns the outputs of an example, as they are stored."""
        found: dict[str, np.ndarray] = self._runner(**example)
        return found

    def random(
        self, examples: Examples | None, count: int, seed: int = 0
    ) -> dict[str, np.ndarray]:
        """Returns random examples.

        Args:
            examples: whose range they are to have; `None` where there are none: real
                numbers are then from -1 to 1, and whole ones 0 or 1.
            count: how many.
            seed: of the random numbers.
        """
        rng = np.random.default_rng(seed)
        given = {} if examples is None else by_name(examples, list(self.inputs))
        return {
            name: _drawn(rng, given.get(name), count, details)
            for name, details in self.inputs.items()
        }


def _drawn(
    rng: np.random.Generator, like: np.ndarray | None, count: int, details: Any
) -> np.ndarray:
    shape = (count, *(int(n) for n in details["shape"][1:]))
    kind = _given_type(details)
    whole = np.issubdtype(kind, np.integer)
    low, high = (0, 1) if whole else (-1.0, 1.0)
    if like is not None and np.size(like):
        low, high = np.min(like).item(), np.max(like).item()
    if whole:
        return rng.integers(int(low), int(high) + 1, shape).astype(kind)
    return rng.uniform(low, high, shape).astype(kind)


def _given_type(details: Any) -> Any:
    """What an example is given as: real numbers, unless whole ones stay whole."""
    return np.float32 if details["quantization"][0] else details["dtype"]
