"""The labelled samples of one task, before they are divided."""

import dataclasses
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from hypermask_tf.scenarios.task import Samples

Rows = npt.NDArray[np.int64]
Texts = npt.NDArray[np.str_]
Numbers = npt.NDArray[np.float32]


@dataclasses.dataclass(frozen=True, eq=False)
class OwnSamples:
    """What one task's files hold; one entry a sample.

    Args:
        labels: Names of classes, `(n,)`; of numbers, the name of what they are.
        groups: What must not be divided between training and test: the name of a
            recording, of a person, or of the sample itself.
        splits: `"train"`, `"validation"` or `"test"` where the files say so; else
            empty.
        take: Function from rows to raw samples.
        recordings: For windows, the number of the recording that each is from; rows of
            one recording are in the order of time. None for samples that do not
            overlap.
        overlapping: How many windows behind one share some of its samples.
        numbers: What is to be predicted, `(n,)`; None where that is the class.
    """

    labels: Texts
    groups: Texts
    splits: Texts
    take: Callable[[Rows], Samples]
    recordings: Rows | None = None
    overlapping: int = 0
    numbers: Numbers | None = None

    def __len__(self) -> int:
        return len(self.labels)
