"""What a device must know about the task of a file."""

import dataclasses
from collections.abc import Mapping
from typing import Any


@dataclasses.dataclass(frozen=True)
class TaskInfo:
    """What a device must know about the task of a file.

    Args:
        index: number of the task in its run, from 0.
        name: name of the task.
        labels: one entry an output: `index`, the original `class`, its `name`.
        input_shape: shape of one example.
        num_outputs: how many logits; more than labels where tasks share a wide head.
        preprocessing: how raw data becomes an example.
        source: the run it comes from: `benchmark`, `seed`, and the SHA-256 of its
            manifest.
        version: names the network: equal weights have equal versions.
    """

    index: int
    name: str
    labels: tuple[Mapping[str, Any], ...]
    input_shape: tuple[int, ...]
    num_outputs: int
    preprocessing: Mapping[str, Any]
    source: Mapping[str, Any]
    version: str = ""
