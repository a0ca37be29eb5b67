"""What goes into a network's file and what comes out of it, by name."""

import dataclasses
import re
from collections.abc import Sequence
from typing import Any

INPUT_NAME = "image"
OUTPUT_NAME = "logits"


@dataclasses.dataclass(frozen=True)
class Port:
    """One input or output of a file.

    Args:
        name: its name in the signature.
        shape: of one example, without the batch axis.
        dtype: its type; whole numbers stay whole.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str = "float32"

    def to_json(self) -> dict[str, Any]:
        """Returns a dictionary of plain types."""
        return {"name": self.name, "shape": list(self.shape), "dtype": self.dtype}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Port":
        """Returns what `to_json` described."""
        return cls(values["name"], tuple(values["shape"]), values["dtype"])


@dataclasses.dataclass(frozen=True)
class Interface:
    """The inputs and outputs of a file, in the order in which Keras flattens them.

    Args:
        inputs: what goes in.
        outputs: what comes out.
    """

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]

    @classmethod
    def of_images(
        cls, input_shape: tuple[int, ...], num_outputs: int = 0
    ) -> "Interface":
        """Returns that of a run: from a float32 `image` to `logits`."""
        return cls(
            (Port(INPUT_NAME, tuple(input_shape)),),
            (Port(OUTPUT_NAME, (num_outputs,)),),
        )

    def to_json(self) -> dict[str, Any]:
        """Returns a dictionary of plain types."""
        return {
            "inputs": [port.to_json() for port in self.inputs],
            "outputs": [port.to_json() for port in self.outputs],
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Interface":
        """Returns what `to_json` described."""
        return cls(
            tuple(Port.from_json(port) for port in values["inputs"]),
            tuple(Port.from_json(port) for port in values["outputs"]),
        )


def port_names(keys: Sequence[str]) -> list[str]:
    """Returns keys as names in a signature: letters, digits and `_`, each once.

    Example:

    >>> port_names(["a/b", "a b", "c"])
    ['a_b', 'a_b_1', 'c']
    """
    names: list[str] = []
    for key in keys:
        name = plain = re.sub(r"\W", "_", key, flags=re.ASCII)
        number = 1
        while name in names:
            name, number = f"{plain}_{number}", number + 1
        names.append(name)
    return names
