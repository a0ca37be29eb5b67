"""A fresh optimizer for every task, without compiling anything anew."""

import copy
import warnings
from typing import Any

import keras
from keras import ops


class OptimizerReset:
    """Puts a learner's optimizer back to its first state when a task begins.

    Args:
        model: The learner. Its `reset_optimizer` says whether to do anything.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._seen: Any = None
        self._config: dict[str, Any] = {}

    def remember(self) -> None:
        """Takes a new optimizer's settings; schedules may lower the rate later."""
        optimizer = getattr(self._model, "optimizer", None)
        if optimizer is not None and optimizer is not self._seen:
            self._seen = optimizer
            self._config = keras.saving.serialize_keras_object(optimizer)
            if getattr(optimizer, "weight_decay", None):
                warnings.warn(
                    "Weight decay shrinks the weights that earlier tasks stand on, "
                    "outside of every regulariser: expect forgetting. "
                    f"Received: weight_decay={optimizer.weight_decay}",
                    stacklevel=3,
                )

    def begin_task(self, task: int) -> None:
        """Remembers a new optimizer's settings; resets one seen before."""
        self.remember()
        optimizer = self._seen
        if task > 0 and self._model.reset_optimizer and optimizer and optimizer.built:
            self._reset(optimizer)

    def compile_config(self, config: dict[str, Any]) -> dict[str, Any]:
        """`config` with the optimizer as compiled, whatever its rate is by now."""
        if self._seen is None or self._seen is not self._model.optimizer:
            return config
        return {**config, "optimizer": copy.deepcopy(self._config)}

    def _reset(self, optimizer: Any) -> None:
        # A new one knows the right first values of any optimizer's state; copying
        # them keeps the variables that the compiled step already refers to.
        fresh = type(optimizer).from_config(copy.deepcopy(self._config["config"]))
        fresh.build(self._model.trainable_variables)
        for variable, value in zip(optimizer.variables, fresh.variables, strict=True):
            variable.assign(ops.copy(value.value))
