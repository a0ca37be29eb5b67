"""Which code runs a file: LiteRT's delegate or its built-in kernels."""

import collections
import dataclasses
from typing import Any

import numpy as np

_DELEGATE = "DELEGATE"


@dataclasses.dataclass(frozen=True)
class Kernels:
    """What executes the operators of a file.

    Args:
        delegate: `"XNNPACK"`, the only delegate the Python package applies by
            itself, or empty when it took nothing.
        partitions: how many pieces of the graph it took; 1 is best.
        delegated: how many operators of each kind it runs.
        builtin: how many operators of each kind run in LiteRT's own kernels.
    """

    delegate: str
    partitions: int
    delegated: dict[str, int]
    builtin: dict[str, int]

    @property
    def summary(self) -> str:
        """Returns one or two words: who runs the file."""
        if not self.builtin:
            return self.delegate
        return f"{self.delegate}+builtin" if self.delegate else "builtin"

    def to_json(self) -> dict[str, Any]:
        """Returns a dictionary of plain types."""
        return dataclasses.asdict(self) | {"summary": self.summary}


def kernels(interpreter: Any) -> Kernels:
    """Reads from an allocated LiteRT interpreter which kernels it will run.

    LiteRT appends one node per delegated piece to the nodes of the graph, with the
    inputs and outputs of the piece; the nodes in between are found by walking back
    from the outputs. `DEQUANTIZE` and `DENSIFY` of constants run once, at load.

    Args:
        interpreter: an `ai_edge_litert.interpreter.Interpreter` after
            `allocate_tensors`.
    """
    nodes = interpreter._get_ops_details()  # no public way exists
    pieces = [node for node in nodes if node["op_name"] == _DELEGATE]
    originals = [node for node in nodes if node["op_name"] != _DELEGATE]
    makers = {int(t): node for node in originals for t in node["outputs"]}
    taken: set[int] = set()
    for piece in pieces:
        taken |= _between(piece, makers)
    names = {
        inside: collections.Counter(
            node["op_name"] for node in originals if (node["index"] in taken) == inside
        )
        for inside in (True, False)
    }
    return Kernels(
        delegate="XNNPACK" if pieces else "",
        partitions=len(pieces),
        delegated=dict(sorted(names[True].items())),
        builtin=dict(sorted(names[False].items())),
    )


def _between(piece: Any, makers: dict[int, Any]) -> set[int]:
    """The nodes that lie between the inputs and the outputs of a piece."""
    inputs = {int(t) for t in piece["inputs"]}
    found: set[int] = set()
    waiting = [int(t) for t in np.asarray(piece["outputs"])]
    while waiting:
        tensor = waiting.pop()
        node = makers.get(tensor)
        if tensor in inputs or node is None or node["index"] in found:
            continue
        found.add(node["index"])
        waiting += [int(t) for t in node["inputs"]]
    return found
