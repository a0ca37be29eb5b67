"""What a device must know about the task of a file."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from hypermask_tf.export.interface import Interface


@dataclasses.dataclass(frozen=True)
class TaskInfo:
    """What a device must know about the task of a file.

    Args:
        index: number of the task in its run, from 0.
        name: name of the task.
        labels: one entry an output: `index`, the original `class`, its `name`, and
            where there are several outputs which `output` has it. None for numbers.
        input_shape: shape of one example.
        num_outputs: how many logits; more than labels where tasks share a wide head.
        preprocessing: how raw data becomes an example.
        source: the run it comes from: `benchmark`, `seed`, and the SHA-256 of its
            manifest.
        version: names the network: equal weights have equal versions.
        interface: names and types of inputs and outputs; `None` for one float32
            `image` and one output, `logits`.
        learned: how often the task of this name was learned until then.
    """

    index: int
    name: str
    labels: tuple[Mapping[str, Any], ...]
    input_shape: tuple[int, ...]
    num_outputs: int
    preprocessing: Mapping[str, Any]
    source: Mapping[str, Any]
    version: str = ""
    interface: Interface | None = None
    learned: int = 1

    @property
    def ports(self) -> Interface:
        """Returns the names and types of inputs and outputs."""
        return self.interface or Interface.of_images(self.input_shape, self.num_outputs)

    def output_labels(self, output: str) -> list[str]:
        """Returns the names of an output's values; none where they are numbers.

        Outputs without a label, where tasks share a wide head, are called `unused`.
        The first of two labels of one output is what it says no to.
        """
        (port,) = (port for port in self.ports.outputs if port.name == output)
        labels = [e for e in self.labels if e.get("output", output) == output]
        names = [str(entry["name"]) for entry in labels]
        width = port.shape[-1] if port.shape else 1
        if (len(names), width) == (2, 1):
            return names[1:]
        return names and names + ["unused"] * (width - len(names))
