"""A fresh optimizer for every task, and the learning rate a task begins with."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from keras import ops

from hypermask_tf import checks
from hypermask_tf.compiling import first_step
from hypermask_tf.compiling.first_values import FirstValues
from hypermask_tf.compiling.fresh_optimizer import (
    all_optimizers,
    fresh_optimizer,
    rate_variables,
)
from hypermask_tf.distribution import replicas
from hypermask_tf.keras_private import steps_taken


class OptimizerReset:
    """Puts a learner's optimizer back to its first state when a task begins.

    Its learning rate goes back to what the user set last, in `compile` or by hand
    between two calls; what callbacks do to it within `fit` ends with the task.

    Args:
        model: The learner. Its `reset_optimizer` says whether to do anything.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._seen: Any = None
        self._first: FirstValues | None = None
        # Learning rates as the user set them, and as the last call left them.
        self._rates: list[float] = []
        self._left: list[float] | None = None
        self._training = False

    def remember(self) -> None:
        """Takes note of a new optimizer, or of a rate that was set by hand."""
        optimizer = getattr(self._model, "optimizer", None)
        if optimizer is not None and optimizer is not self._seen:
            self._adopt(optimizer)
        elif optimizer is not None and not self._training:
            self._notice()

    def begin_task(self, task: int) -> None:
        """Takes note of a new optimizer; resets one seen before."""
        self.remember()
        if task > 0 and self._model.reset_optimizer and self._seen is not None:
            self.start_over()

    def start_over(self) -> None:
        """Puts the optimizer back to its first state, at the rate of the user's."""
        self._first_values().put_back(self._seen)
        for variable, rate in zip(rate_variables(self._seen), self._rates, strict=True):
            variable.assign(rate)

    def forget(self) -> None:
        """Puts an optimizer that has taken steps back to its first state."""
        self.remember()
        if self._seen is not None:
            self.start_over()

    @contextlib.contextmanager
    def training(self) -> Iterator[None]:
        """While this lasts, what changes the rate is not the user."""
        self.remember()
        self._training = True
        try:
            yield
        finally:
            self._training = False
            if self._seen is self._model.optimizer:
                self._left = _values(self._seen)

    def rates(self) -> list[float]:
        """The learning rates of the user's, for the next task or a copy."""
        optimizer = self._model.optimizer
        if optimizer is not self._seen:
            return _values(optimizer)
        if not self._training:
            self._notice()
        return list(self._rates)

    def fresh(self, variables: Sequence[Any], rates: Sequence[float]) -> Any:
        """An optimizer like the learner's that has taken no step.

        Args:
            variables: What it is for, one for each trainable variable of the learner.
            rates: Its learning rates, as from `rates`.
        """
        pairs = list(zip(self._model.trainable_variables, variables, strict=True))
        return fresh_optimizer(self._model.optimizer, rates, pairs)

    def state(self) -> np.ndarray | None:
        """What `restore` takes, `(2, rates)`; None where nothing was compiled."""
        optimizer = getattr(self._model, "optimizer", None)
        if optimizer is None:
            return None
        rates = self.rates()
        known = optimizer is self._seen and not self._training
        left = self._left if known else _values(optimizer)
        return np.array([rates, left or rates], "float64")

    def restore(self, state: np.ndarray | None) -> None:
        """Takes the rates of a saved learner; the optimizer's variables follow.

        Args:
            state: From `state`. None, as in files from before there was one: whatever
                rate the optimizer gets is not the user's.
        """
        if state is None:
            self._left = None
        elif np.shape(state) == (2, len(self._rates)):
            self._rates, self._left = (row.tolist() for row in np.asarray(state))

    def _adopt(self, optimizer: Any) -> None:
        used = any(steps_taken(one) > 0 for one in all_optimizers(optimizer))
        with replicas.scope(self._model):
            first_step.make_optimizer(self._model)
        self._seen, self._first = optimizer, None
        if not used:
            self._first = FirstValues(optimizer, self._model.trainable_variables)
        self._rates = _values(optimizer)
        self._left = list(self._rates)
        for one in all_optimizers(optimizer):
            if one.weight_decay:
                checks.warn(
                    "Weight decay shrinks the weights that earlier tasks stand on, "
                    "outside of every regulariser: expect forgetting. "
                    f"Received: weight_decay={one.weight_decay}"
                )

    def _notice(self) -> None:
        """Where a rate is not as it was left, the user has set it."""
        now = _values(self._seen)
        if self._left is not None:
            self._rates = [
                new if new != old else rate
                for new, old, rate in zip(now, self._left, self._rates, strict=True)
            ]
        self._left = now

    def _first_values(self) -> FirstValues:
        if self._first is None:
            # It came with steps behind it: one like it shows how it began.
            variables = self._model.trainable_variables
            fresh = self.fresh(variables, self._rates)
            fresh.build(variables)
            self._first = FirstValues(fresh, variables)
        return self._first


def _values(optimizer: Any) -> list[float]:
    rates = rate_variables(optimizer)
    return [float(ops.convert_to_numpy(rate.value)) for rate in rates]
