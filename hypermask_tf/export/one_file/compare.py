"""Hold a file of all tasks to the separate files that it was made of."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from hypermask_tf.export.examples import Examples, count
from hypermask_tf.export.interpreter import make_interpreter
from hypermask_tf.export.one_file.signature import Signature
from hypermask_tf.export.saved_model import SIGNATURE

RANDOM_EXAMPLES = 32


@dataclasses.dataclass(frozen=True)
class Compared:
    """How many examples of a task were compared, and how many outputs differ.

    Args:
        test: examples of its test set.
        random: random ones within the range of those.
        different: on how many of them an output has other bits.
    """

    test: int
    random: int
    different: int


def compare(
    content: bytes,
    parts: Mapping[str, bytes],
    examples: Mapping[str, Examples | None],
) -> dict[str, Compared]:
    """Runs each signature of a file and the separate file of that task.

    Signatures take turns, an example each, so that what one leaves behind would show
    in the next.

    Args:
        content: the file of all tasks.
        parts: contents of the separate files, by signature.
        examples: by signature the test set of its task; `None` where it is not at
            hand: then random inputs alone are compared.

    Returns:
        What was found, by signature.
    """
    whole = make_interpreter(content)
    pairs = {
        key: _Pair(Signature(whole, key), part, examples.get(key))
        for key, part in parts.items()
    }
    for index in range(max(pair.count for pair in pairs.values())):
        for pair in pairs.values():
            pair.run(index)
    return {key: pair.compared() for key, pair in pairs.items()}


class _Pair:
    """A signature and the separate file of its task."""

    def __init__(
        self, signature: Signature, part: bytes, test: Examples | None
    ) -> None:
        self._signature = signature
        self._separate = Signature(make_interpreter(part), SIGNATURE)
        self._random = self._separate.random(test, RANDOM_EXAMPLES)
        self._test = test
        self._test_count = 0 if test is None else count(test)
        self._different = 0
        self.count = self._test_count + RANDOM_EXAMPLES

    def run(self, index: int) -> None:
        if index >= self.count:
            return
        if self._test is not None and index < self._test_count:
            example = self._separate.example(self._test, index)
        else:
            example = self._separate.example(self._random, index - self._test_count)
        self._different += not _same(self._signature(example), self._separate(example))

    def compared(self) -> Compared:
        return Compared(self._test_count, RANDOM_EXAMPLES, self._different)


def _same(one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> bool:
    return one.keys() == other.keys() and all(
        one[name].dtype == other[name].dtype
        and one[name].shape == other[name].shape
        and one[name].tobytes() == other[name].tobytes()
        for name in one
    )
