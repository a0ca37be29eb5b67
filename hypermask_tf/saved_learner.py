"""What a learner is made of, for `save` and `load_model`."""

import inspect
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from hypermask_tf import saved_compile
from hypermask_tf.careful_learner import CarefulLearner
from hypermask_tf.learner_state import LearnerState

# Arguments that JSON holds as they are, and those that are Keras objects.
_PLAIN = (
    "num_tasks",
    "granularity",
    "sparsity",
    "threshold",
    "floor",
    "activation",
    "mask_scale",
    "ramp_steps",
    "protection",
    "beta",
    "lam",
    "reuse",
    "borrow",
    "read",
    "head",
    "output_reduction",
    "sampled_tasks",
    "normalization",
    "reset_optimizer",
    "memory_limit",
    "narrow",
)
# What learners had that were saved before there was a choice.
_BEFORE_CHOICES = {"mask_scale": 1.0, "reuse": 1.0}
_OBJECTS = ("target", "hypernetwork", "augmentation", "outliers")
# Places of counters among a learner's own variables.
_FINISHED, _WRITTEN = 2, 5
# What the states of random generators, and learning rates as the user set them, are
# called in a saved file.
_RANDOM = "random_"
_RATES = "learning_rates"


def plain_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments in the configuration of a learner that are no objects.

    Where a file is from before there was a choice, with what learners had then.
    """
    arguments = inspect.signature(LearnerState.__init__).parameters
    names = (*_PLAIN, "maskable")
    first = {**{name: arguments[name].default for name in names}, **_BEFORE_CHOICES}
    return {name: config.get(name, first[name]) for name in names}


class SavedLearner(CarefulLearner):
    """A learner that Keras can save whole and load, random generators included.

    Args:
        All as in `HyperMask`, where they are explained.
    """

    @property
    def random_state(self) -> list[Any]:
        """States of all random generators: dropout, augmentation, task sampling."""
        others = (*self.weights, *self.metrics_variables)
        known = {id(variable) for variable in others}
        return [v for v in self.variables if id(v) not in known]

    def save_own_variables(self, store: Any) -> None:
        super().save_own_variables(store)
        # Keras saves no generators, but a resumed run must draw on, not anew.
        for i, state in enumerate(self.random_state):
            store[f"{_RANDOM}{i}"] = ops.convert_to_numpy(state.value)
        if (rates := self._optimizer_reset.state()) is not None:
            store[_RATES] = rates

    def load_own_variables(self, store: Any) -> None:
        names = set(store.keys())
        further = {name for name in names if name.startswith((_RANDOM, _RATES))}
        own = {name: store[name] for name in names - further}
        if str(_WRITTEN) not in own and str(_FINISHED) in own:
            own[str(_WRITTEN)] = own[str(_FINISHED)]  # before this was counted
        super().load_own_variables(own)
        for i, state in enumerate(self.random_state):
            if f"{_RANDOM}{i}" in names:
                state.assign(np.asarray(store[f"{_RANDOM}{i}"]))
        rates = np.asarray(store[_RATES]) if _RATES in names else None
        self._optimizer_reset.restore(rates)

    def fit(self, *args: Any, **kwargs: Any) -> Any:
        # What changes the learning rate in here is a callback, not the user.
        with self._optimizer_reset.training():
            return super().fit(*args, **kwargs)

    def get_compile_config(self) -> dict[str, Any]:
        return saved_compile.to_config(self)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        saved_compile.compile_by(self, config)

    def get_config(self) -> dict[str, Any]:
        serialize = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            **self.plain_arguments(),
            **{name: serialize(getattr(self, name)) for name in _OBJECTS},
        }

    def plain_arguments(self) -> dict[str, Any]:
        """Arguments of this learner but for those that are objects."""
        plain = {name: getattr(self, name) for name in _PLAIN}
        return {**plain, "maskable": list(self._roles.maskable)}

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None
    ) -> "SavedLearner":
        config = {**_BEFORE_CHOICES, **config}
        for key in (*_OBJECTS, "dtype"):
            if isinstance(config.get(key), dict):
                config[key] = keras.saving.deserialize_keras_object(
                    config[key], custom_objects=custom_objects
                )
        return cls(**config)
