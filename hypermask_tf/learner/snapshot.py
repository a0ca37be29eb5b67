"""What a learner was, to go back to."""

from typing import Any

from hypermask_tf.surgery.state import array_copy


class Snapshot:
    """Values of all variables of a learner and of its optimizer, and names of tasks.

    Args:
        model: A learner.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._optimizer = getattr(model, "optimizer", None)
        if self._optimizer is not None:
            model.optimizer_reset.remember()  # it has all its variables then
        self._rates = model.optimizer_reset.state()
        self._names = model.state.names.given()
        self._values = [(v, array_copy(v)) for v in self._variables()]

    def _variables(self) -> list[Any]:
        optimizer = self._optimizer.variables if self._optimizer is not None else ()
        found = [*self._model.variables, *optimizer]
        return list({id(variable): variable for variable in found}.values())

    def restore(self) -> None:
        """Gives every variable the value it had.

        An optimizer that was compiled since takes no part; it starts over.
        """
        for variable, value in self._values:
            variable.assign(value)
        self._model.state.names.replace(self._names)
        optimizer = getattr(self._model, "optimizer", None)
        if optimizer is self._optimizer:
            self._model.optimizer_reset.restore(self._rates)
        elif optimizer is not None:
            self._model.optimizer_reset.start_over()
