"""What a learner was, to go back to."""

from typing import Any

from hypermask_tf.surgery.state import array_copy


class Snapshot:
    """Values of all variables of a learner and of its optimizer, on the host.

    Args:
        model: A learner.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._optimizer = model.optimizer
        self._values = [(v, array_copy(v)) for v in _variables(model)]

    def restore(self) -> None:
        """Gives every variable the value it had."""
        for variable, value in self._values:
            variable.assign(value)


def _variables(model: Any) -> list[Any]:
    optimizer = getattr(model, "optimizer", None)
    found = [*model.variables, *(optimizer.variables if optimizer else ())]
    return list({id(variable): variable for variable in found}.values())
