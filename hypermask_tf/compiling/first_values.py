"""What the variables of an optimizer hold before its first step."""

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops


class FirstValues:
    """The state of an optimizer that has taken no step, in little memory.

    Nearly all of it is constants, and some optimizers start from the weights: from
    those a task begins with, not those of the first. Only what is neither is kept as
    an array.

    Args:
        optimizer: Built, and before its first step.
        weights: The variables that it was built for.
    """

    def __init__(self, optimizer: Any, weights: Sequence[Any]) -> None:
        variables = optimizer.variables
        # A number, a weight to copy, or an array.
        self._values: list[Any] = [_constant(variable) for variable in variables]
        for pairs in _slots(variables, weights):
            varied = [pair for pair in pairs if self._values[pair[0]] is None]
            if varied and all(_same(variables[i], weight) for i, weight in pairs):
                for i, weight in pairs:
                    self._values[i] = weight
        for i, variable in enumerate(variables):
            if self._values[i] is None:
                same = [weight for weight in weights if _same(variable, weight)]
                self._values[i] = same[0] if same else _array(variable)

    def put_back(self, optimizer: Any) -> None:
        """Gives them to the variables of `optimizer`."""
        for variable, value in zip(optimizer.variables, self._values, strict=True):
            if isinstance(value, keras.Variable):
                value = ops.copy(value.value)
            elif np.ndim(value) == 0:
                value = ops.full(variable.shape, value, dtype=variable.dtype)
            variable.assign(value)


def _array(variable: Any) -> np.ndarray:
    return np.array(ops.convert_to_numpy(variable.value))


def _constant(variable: Any) -> Any:
    """The number that all of a variable holds, or None where its parts differ."""
    if len(variable.shape) == 0:
        return _array(variable)
    if 0 in tuple(variable.shape):
        return np.zeros(())
    # Where the variable lies: only the number is brought here.
    first = ops.reshape(variable.value, (-1,))[0]
    if not bool(ops.convert_to_numpy(ops.all(ops.equal(variable.value, first)))):
        return None
    return np.array(ops.convert_to_numpy(first))


def _same(variable: Any, weight: Any) -> bool:
    if tuple(variable.shape) != tuple(weight.shape) or variable.dtype != weight.dtype:
        return False
    return bool(ops.convert_to_numpy(ops.all(ops.equal(variable.value, weight.value))))


def _slots(
    variables: Sequence[Any], weights: Sequence[Any]
) -> Iterator[list[tuple[int, Any]]]:
    """Variables that an optimizer has one of for each weight, such as momenta.

    Keras names them after the weight. A slot is known by what its names end with: a
    bias that is all zeros is then told from a constant by the kernels beside it.
    """
    unnamed: list[int] = []
    by_path: dict[str, list[Any]] = {}
    for weight in weights:
        by_path.setdefault(weight.path.replace("/", "_"), []).append(weight)
    slots: dict[str, list[tuple[int, Any]]] = {}
    seen: dict[tuple[str, str], int] = {}
    for i, variable in enumerate(variables):
        paths = [path for path in by_path if variable.name.startswith(f"{path}_")]
        if not paths:
            unnamed.append(i)
            continue
        path = max(paths, key=len)
        slot = variable.name[len(path) + 1 :]
        # Weights of one path are told apart by their order.
        count = seen.get((path, slot), 0)
        seen[path, slot] = count + 1
        if count < len(by_path[path]):
            slots.setdefault(slot, []).append((i, by_path[path][count]))
    yield from slots.values()
    # Under names of their own they may stand in the order of the weights.
    for start in range(len(unnamed) - len(weights) + 1):
        run = unnamed[start : start + len(weights)]
        pairs = list(zip(run, weights, strict=True))
        if all(tuple(variables[i].shape) == tuple(w.shape) for i, w in pairs):
            yield pairs
